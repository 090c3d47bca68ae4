import { beforeAll, beforeEach, expect, it } from 'vitest';
import { ledgerStore, type LedgerStore } from '../../../pipelines/remittance/ledgerStore.ts';
import type { Transfer, Verdict } from '../../../pipelines/remittance/ledger.ts';
import { ourAccounts } from '../../../pipelines/remittance/ourAccounts.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';
import { aLedger, aRequest, type ALedger } from './aLedger.ts';
import { ledgerFlaws } from './ledgerFlaws.ts';

const { POOL, TRANSIT } = ourAccounts;

let ledger: ALedger;
let store: LedgerStore;
let pool: PostgresDatabase;

beforeAll(async () => {
  ledger = await aLedger();
  store = ledgerStore(ledger.now);
  pool = openPool(ledger.url, { maxConnections: 8, connectLimitMs: 20_000 });
});

beforeEach(() => ledger.empty());

const post = (transfers: readonly Transfer[]): Promise<readonly Verdict[]> =>
  pool.withTransaction((transaction) => store.post(transaction, transfers));

const movedIn = (requestId: bigint, amountMinor: bigint, from = 11n): Transfer => {
  return { requestId, kind: 'MOVED_IN', debitAccountId: from, creditAccountId: POOL, amountMinor };
};

const withdrawn = (requestId: bigint, amountMinor: bigint): Transfer => {
  return { requestId, kind: 'WITHDRAWN', debitAccountId: POOL, creditAccountId: TRANSIT, amountMinor };
};

async function balances(): Promise<Record<string, bigint>> {
  const rows = await pool.query<{ id: bigint; balance_minor: bigint }>(
    'SELECT id, balance_minor FROM remittance.kcd_bank_accounts WHERE balance_minor <> 0 ORDER BY id',
  );
  return Object.fromEntries(rows.map(({ id, balance_minor }) => [id.toString(), balance_minor]));
}

async function requests(count: number): Promise<readonly bigint[]> {
  return Promise.all(Array.from({ length: count }, () => aRequest(ledger)));
}

it('writes balances and records of a chunk, and nothing of what finds too little', async () => {
  const [a = 0n, b = 0n, c = 0n] = await requests(3);
  expect(await post([movedIn(a, 100n), movedIn(b, 50n, 12n), withdrawn(c, 151n), withdrawn(b, 151n)])).toEqual([
    'posted',
    'insufficient',
    'insufficient',
    'insufficient',
  ]);
  expect(await post([movedIn(b, 50n, 12n), withdrawn(c, 151n), withdrawn(a, 150n)])).toEqual(['posted', 'insufficient', 'posted']);
  expect(await balances()).toEqual({ 2: 150n, 11: -100n, 12: -50n });
  expect(await ledgerFlaws(pool)).toEqual([]);
  const records = await pool.query(
    'SELECT request_id, kind, recorded_at FROM remittance.kcd_bank_account_records ORDER BY request_id, kind',
  );
  expect(records).toEqual([
    { request_id: a, kind: 'MOVED_IN', recorded_at: ledger.now() },
    { request_id: a, kind: 'WITHDRAWN', recorded_at: ledger.now() },
    { request_id: b, kind: 'MOVED_IN', recorded_at: ledger.now() },
  ]);
});

it('refuses what is there already, and nothing of its chunk is written', async () => {
  const [a = 0n, b = 0n] = await requests(2);
  await post([movedIn(a, 100n)]);
  await expect(post([movedIn(b, 100n), movedIn(a, 100n)])).rejects.toMatchObject({ code: 'constraint' });
  expect(await balances()).toEqual({ 1: 100n, 11: -100n });
});

it('new requests do not wait for an account that is being changed', async () => {
  const [a = 0n] = await requests(1);
  await pool.withTransaction(async (transaction) => {
    await store.post(transaction, [movedIn(a, 100n)]);
    await aRequest(ledger);
    expect(await lockWaits(pool)).toBe(0);
  });
});

it('32 chunks at once, in and out: the sum is 0 in every snapshot, each balance the fold of its records, nothing below zero', async () => {
  const made = await requests(32 * 8);
  await post(made.slice(0, 32).map((requestId) => movedIn(requestId, 1_000n)));
  let isOver = false;
  const looked = async (): Promise<number> => {
    let snapshots = 0;
    while (!isOver) {
      // The two questions are of one snapshot, on a connection for which no chunk waits.
      await ledger.database.withTransaction(async (transaction) => {
        await transaction.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
        expect(await transaction.query('SELECT sum(balance_minor)::bigint FROM remittance.kcd_bank_accounts')).toEqual([{ sum: 0n }]);
        expect(await ledgerFlaws(transaction)).toEqual([]);
      });
      snapshots += 1;
    }
    return snapshots;
  };
  const snapshots = looked();
  const verdicts = await Promise.all(
    Array.from({ length: 32 }, async (_, chunk) => {
      const ofChunk = made.filter((_request, place) => place % 32 === chunk);
      // Some bring more in, all try to take out more than there is, from accounts in any order.
      const from = ledger.businesses[chunk % 4] ?? 11n;
      const inward = ofChunk.slice(1, 4).map((requestId, place) => movedIn(requestId, BigInt(100 * (place + 1)), from));
      const outward = ofChunk.slice(4).map((requestId) => withdrawn(requestId, BigInt(300 + 17 * chunk)));
      return post(chunk % 2 === 0 ? [...inward, ...outward] : [...outward, ...inward]);
    }),
  );
  isOver = true;
  expect(await snapshots).toBeGreaterThan(3);
  const refused = verdicts.flat().filter((verdict) => verdict === 'insufficient').length;
  expect(refused).toBeGreaterThan(0);
  expect(verdicts.flat()).toHaveLength(32 * 7);
  const [counted] = await pool.query<{ count: number }>('SELECT count(*)::int FROM remittance.kcd_bank_account_records');
  expect(counted?.count).toBe(32 + 32 * 7 - refused);
  expect(await ledgerFlaws(pool)).toEqual([]);
});

it('chunks that take the same accounts the other way round wait for each other, and never for ever', async () => {
  const [a = 0n, b = 0n] = await requests(2);
  let second: Promise<readonly Verdict[]> | undefined;
  await pool.withTransaction(async (transaction) => {
    await store.post(transaction, [movedIn(a, 100n, 12n)]);
    second = post([movedIn(b, 100n, 13n), { ...movedIn(b, 1n, 12n), kind: 'RELEASED' }]);
    await until('it waits', async () => (await lockWaits(pool)) > 0);
    await store.post(transaction, [{ ...movedIn(a, 1n, 12n), kind: 'RELEASED' }]);
  });
  expect(await second).toEqual(['posted', 'posted']);
});
