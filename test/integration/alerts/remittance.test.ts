import { beforeAll, describe, expect, it } from 'vitest';
import { createApiCaller } from '../../../src/api/callerTokens.ts';
import { ourAccounts } from '../../../pipelines/remittance/ourAccounts.ts';
import { eventually } from '../daemon/eventually.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { openAccounts } from '../remittance/aRemittance.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { areWatched } from './onCall.ts';

/** One try at once and one out of the table of failures; what the bank has taken on and not done is not asked about by itself. */
const options = ['again.tries=1', 'again.retries=1', 'again.retryDelayMs=0', 'notYet.firstMs=3600000'];
const words = [...options.map((each) => `remittance.bankCalls.${each}`), 'breakers.probeMaxMs=1000'].flatMap((each) => ['--set', each]);

describe.skipIf(!areWatched)('whoever is on call for remittances', () => {
  let world: OutsideWorld;
  let watched: WatchedDaemon;
  let token: string;

  beforeAll(async () => {
    world = await anOutsideWorld();
    await openAccounts(world, { 'A-1': 1_000_000n, 'B-1': 0n });
    token = await createApiCaller(world.database, { name: 'shop', accounts: ['A-1'], at: new Date(), by: 'test' });
    watched = await aWatchedDaemon(world, ...words);
    world.callBackTo(watched.apiUrl);
  });

  let asked = 0;

  /** A caller asks for a remittance; answers its number. */
  async function aRemittance(): Promise<string> {
    asked += 1;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': `key-${asked}` };
    const body = JSON.stringify({ fromAccount: 'A-1', toAccount: 'B-1', amountMinor: 12_000 });
    const response = await fetch(`${watched.apiUrl}/remittances`, { method: 'POST', headers, body });
    expect(response.status).toBe(202);
    return ((await response.json()) as { readonly number: string }).number;
  }

  async function isIn(state: string, number: string): Promise<void> {
    const text = 'SELECT FROM remittance.biz_remittance_requests WHERE id = $1 AND state = $2';
    await eventually(`${number} is ${state}`, async () => (await world.database.query({ text, values: [number, state] })).length === 1);
  }

  function adds(account: number | bigint, amount: number): Promise<number> {
    const text = 'UPDATE remittance.kcd_bank_accounts SET balance_minor = balance_minor + $2 WHERE id = $1';
    return world.database.execute({ text, values: [account, amount] });
  }

  /** The first business. */
  const business = Object.keys(ourAccounts).length + 1;

  it('is woken by a balance that somebody has written by hand, until it is what it was', () =>
    watched.sees({
      alert: 'WeirLedgerUnbalanced',
      cause: () => adds(business, 1),
      heal: () => adds(business, -1),
    }));

  it('is woken by money on the pooled account that no remittance explains, though the books sum to 0', () =>
    watched.sees({
      alert: 'WeirMoneyUnexplained',
      labels: { account: 'POOL' },
      cause: () => world.database.withTransaction((transaction) => moves(transaction, 5)),
      heal: () => world.database.withTransaction((transaction) => moves(transaction, -5)),
    }));

  function moves(transaction: Pick<OutsideWorld['database'], 'execute'>, amount: number): Promise<number> {
    const text = `UPDATE remittance.kcd_bank_accounts
      SET balance_minor = balance_minor + CASE id WHEN $1 THEN $3::bigint ELSE -$3::bigint END WHERE id IN ($1, $2)`;
    return transaction.execute({ text, values: [ourAccounts.POOL, business, amount] });
  }

  it('is told by day of a call that the bank gives no answer to, until a run has it answered', async () => {
    let number = '';
    await watched.sees({
      alert: 'WeirRemittancesFailing',
      labels: { step: 'call' },
      cause: async () => {
        world.bank.faults.add({ phase: 'before', on: 'POST /transfers', action: { kind: 'malformed' } });
        number = await aRemittance();
      },
      heal: async () => {
        world.bank.faults.clear();
        await watched.sweeps('remittance.retryRequests');
        await isIn('COMPLETED', number);
      },
    });
  });

  it('is told by day of a remittance whose tries are used up, until it is tried again', async () => {
    let number = '';
    await watched.sees({
      alert: 'WeirRemittancesParked',
      labels: { reason: 'NO_ANSWER' },
      cause: async () => {
        world.bank.faults.add({ phase: 'before', on: 'POST /transfers', action: { kind: 'malformed' } });
        number = await aRemittance();
        await eventually('it has failed once', async () => {
          const [row] = await world.database.query(`SELECT FROM remittance.biz_remittance_request_failures WHERE next_try_at IS NOT NULL`);
          return row !== undefined;
        });
        await watched.sweeps('remittance.retryRequests');
      },
      heal: async () => {
        world.bank.faults.clear();
        await watched.does('remittance', 'retry', number);
        await isIn('COMPLETED', number);
      },
    });
  });

  it('is told by day of a remittance of which the bank has said nothing for ten minutes, until it does', async () => {
    let number = '';
    await watched.sees({
      alert: 'WeirRemittancesLate',
      labels: { state: 'REQUESTED' },
      cause: async () => {
        // Kept back until another callback has gone.
        world.bank.webhooks.faults.add({ phase: 'webhook', action: { kind: 'reorder' }, times: 1 });
        number = await aRemittance();
        await eventually('the bank has it', () => world.bank.record().transfers.some(({ key }) => key.startsWith(`${number}-`)));
        const text = `UPDATE remittance.biz_remittance_requests SET requested_at = clock_timestamp() - interval '11 minutes' WHERE id = $1`;
        await world.database.execute({ text, values: [number] });
      },
      heal: async () => {
        await aRemittance();
        await isIn('COMPLETED', number);
      },
    });
  });

  it('is woken by a bank that is away, and not by what waits for it, until it is back', async () => {
    await watched.sees({
      alert: 'WeirDependencyAway',
      labels: { dependency: 'bank' },
      follows: ['WeirRemittancesLate', 'WeirRemittancesFailing'],
      cause: async () => {
        world.bank.refuseConnections();
        for (let left = 8; left > 0; left -= 1) await aRemittance();
        await watched.fires('WeirDependencyAway');
        await world.database.execute(`UPDATE remittance.biz_remittance_requests
          SET requested_at = clock_timestamp() - interval '11 minutes' WHERE state = 'REQUESTED'`);
      },
      heal: async () => {
        await world.bank.acceptConnections();
        await watched.sweeps('remittance.retryRequests');
        const text = `SELECT FROM remittance.biz_remittance_requests WHERE state <> 'COMPLETED'`;
        await eventually('all have their end', async () => (await world.database.query(text)).length === 0);
      },
    });
  });
});
