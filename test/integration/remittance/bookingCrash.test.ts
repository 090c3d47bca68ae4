import { beforeAll, describe, expect, it } from 'vitest';
import { readFailedEvent } from '../../../pipelines/remittance/failedEvent.ts';
import { failedEventStore } from '../../../pipelines/remittance/failedEventStore.ts';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { encodeNamedRow, namedRowSchema } from '../../../pipelines/remittance/namedRow.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { stuckStore } from '../../../pipelines/remittance/stuckStore.ts';
import { tryOptions } from '../../../pipelines/remittance/tryOptions.ts';
import type { Database } from '../../../src/connectors/database.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { openPool } from '../jobs/copyJob.ts';
import { mortalAt } from '../payments/mortalAt.ts';
import { aCall, aLedger, aRequest, type ALedger } from './aLedger.ts';
import { booking } from './booking.ts';
import { bookingFlaws } from './bookingFlaws.ts';

let ledger: ALedger;
let pool: PostgresDatabase;

beforeAll(async () => {
  ledger = await aLedger();
  pool = openPool(ledger.url);
});

const tries = tryOptions.parse({});

/** What the bank says of the calls of a request, and how it ends. */
const ways = [
  { name: 'paid', refused: [], end: 'COMPLETED' },
  { name: 'refused', refused: ['PAY_OUT'], end: 'RETURNED ACCOUNT_CLOSED' },
  { name: 'refused both ways', refused: ['PAY_OUT', 'RETURN'], end: 'RETURNING ACCOUNT_CLOSED RETURN_REFUSED' },
] as const;

interface World {
  readonly ends: ReadonlyMap<bigint, (typeof ways)[number]>;
  /** Messages that were given to whoever works on them. */
  readonly delivered: Set<bigint>;
}

async function aWorld(): Promise<World> {
  await ledger.empty();
  await ledger.database.execute('TRUNCATE remittance.kcd_bank_account_withdrawal_failures');
  const ends = new Map<bigint, (typeof ways)[number]>();
  for (const way of ways) {
    const requestId = await aRequest(ledger, { state: 'DEPOSIT_PENDING' });
    await aCall(ledger, requestId);
    ends.set(requestId, way);
  }
  return { ends, delivered: new Set() };
}

/** The bank ends every call that it has been asked for, and its messages for the ledger are lost. */
async function bankEnds({ ends }: World): Promise<void> {
  for (const [requestId, { refused }] of ends) {
    const text = `UPDATE remittance.bank_call SET ended_at = $2, next_ask_at = NULL, status = CASE WHEN kind = ANY ($3) THEN 'REFUSED' ELSE 'DONE' END,
        reason = CASE WHEN kind = ANY ($3) THEN 'ACCOUNT_CLOSED' END
      WHERE request_id = $1 AND ended_at IS NULL RETURNING id`;
    await ledger.database.withTransaction(async (transaction) => {
      const rows = await transaction.query<{ id: bigint }>({ text, values: [requestId, ledger.now(), refused] });
      const ids = rows.map(({ id }) => id);
      await failureStore(ledger.now).end(transaction, 'call', ids);
    });
  }
}

async function endedCalls(): Promise<readonly { readonly id: bigint }[]> {
  return ledger.database.query('SELECT id FROM remittance.bank_call WHERE ended_at IS NOT NULL AND booked_at IS NULL ORDER BY id');
}

/** The whole way of all requests, each step as a chunk. */
async function goWholeWay(world: World, over: Database): Promise<void> {
  const { settlements, withdrawals } = booking(ledger, over);
  const settle = async (): Promise<unknown> => settlements.settle(await endedCalls(), tries);
  await settle();
  await withdrawals.withdraw(
    [...world.ends.keys()].map((id) => ({ id })),
    tries,
  );
  for (let end = 0; end < 2; end += 1) {
    await bankEnds(world);
    await settle();
  }
}

/** Publishes again what is stuck, as the jobs do. */
async function publishAgain(over: Database): Promise<void> {
  const stuck = stuckStore(over, { outbox: remittanceOutbox, now: ledger.now });
  for (const step of ['deposit', 'withdrawal', 'call'] as const) {
    const rows = await stuck.page(step, ledger.now(), { after: undefined, limit: 100 });
    if (rows.length > 0) await over.withTransaction((transaction) => stuck.publishAgain(transaction, rows));
  }
}

/** Gives messages whose time has come to their pipelines. */
async function deliver(world: World): Promise<void> {
  const rows = await ledger.database.query<{ id: bigint; topic: string; value: Uint8Array }>({
    text: 'SELECT id, topic, value FROM remittance.outbox WHERE not_before <= $1 ORDER BY id',
    values: [ledger.now()],
  });
  const { settlements, withdrawals } = booking(ledger, ledger.database);
  for (const { id, topic, value } of rows.filter((row) => !world.delivered.has(row.id))) {
    world.delivered.add(id);
    const named = namedRowSchema.parse(JSON.parse(Buffer.from(value).toString()));
    if (topic === 'remittance.callEnded') await settlements.settle([named], tries);
    else if (topic === 'remittance.deposited') await withdrawals.withdraw([named], tries);
    else await bankEnds(world);
  }
}

/** Time passes, jobs and pipelines work, until everything has its end or its reason. */
async function heal(world: World, where: string): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    ledger.pass(61);
    await publishAgain(ledger.database);
    await deliver(world);
    expect(await bookingFlaws(ledger.database), where).toEqual([]);
  }
  const rows = await ledger.database.query<{ id: bigint; stand: string }>(
    `SELECT id, concat_ws(' ', state, fail_code, park_reason) AS stand FROM remittance.biz_remittance_requests`,
  );
  expect(new Map(rows.map(({ id, stand }) => [id, stand])), where).toEqual(new Map([...world.ends].map(([id, { end }]) => [id, end])));
  expect(await endedCalls(), where).toEqual([]);
  const open = await ledger.database.query(`
    SELECT FROM remittance.kcd_bank_account_deposit_failures WHERE ended_at IS NULL
    UNION ALL SELECT FROM remittance.kcd_bank_account_withdrawal_failures WHERE ended_at IS NULL AND request_id IS NOT NULL
    UNION ALL SELECT FROM remittance.biz_remittance_request_failures WHERE ended_at IS NULL AND park_reason IS DISTINCT FROM 'RETURN_REFUSED'`);
  expect(open, where).toEqual([]);
}

/** Lives a life again and again, dying one moment later each time, until it is lived to its end. Answers how many moments it has. */
async function sweep(
  live: (world: World, over: Database) => Promise<unknown>,
  before?: (world: World) => Promise<unknown>,
): Promise<number> {
  for (let lastMoment = 1; ; lastMoment += 1) {
    const world = await aWorld();
    await before?.(world);
    const process = mortalAt(pool, lastMoment);
    const hasLived = await process.lives(() => live(world, process.database));
    const where = process.where();
    expect(await bookingFlaws(ledger.database), where).toEqual([]);
    await heal(world, where);
    if (hasLived) return lastMoment - 1;
  }
}

describe('a process that dies', { timeout: 240_000 }, () => {
  it('while it books and withdraws leaves every request to its end, at whatever moment', async () => {
    expect(await sweep(goWholeWay)).toBeGreaterThan(50);
  });

  it('while it publishes again what was lost leaves it to the next run', async () => {
    const lost = async (world: World): Promise<void> => {
      const { settlements } = booking(ledger, ledger.database);
      await settlements.settle((await endedCalls()).slice(0, 2), tries);
      for (const { id } of await ledger.database.query<{ id: bigint }>('SELECT id FROM remittance.outbox')) world.delivered.add(id);
      ledger.pass(61);
    };
    expect(await sweep((_world, over) => publishAgain(over), lost)).toBeGreaterThan(10);
  });

  it('while it writes dead letters of the event leaves them to their next delivery', async () => {
    const failedEvents = (over: Database) =>
      failedEventStore(over, { failures: failureStore(ledger.now), outbox: remittanceOutbox, now: ledger.now });
    const letters = ({ ends }: World) =>
      [...[...ends.keys()].map((id) => encodeNamedRow({ id })), Buffer.from('?')].map((original, place) =>
        readFailedEvent({
          ...{
            original,
            key: '',
            headers: new Map(),
            partition: 'remittance.deposited-0',
            position: String(place),
            pipeline: 'remittance.withdraw',
          },
          ...{ stage: 'takeOut', code: 'defect', text: 'a defect', attempts: 1, diedAt: undefined },
        }),
      );
    const deposited = async (world: World): Promise<void> => {
      await booking(ledger, ledger.database).settlements.settle(await endedCalls(), tries);
      for (const { id } of await ledger.database.query<{ id: bigint }>('SELECT id FROM remittance.outbox')) world.delivered.add(id);
    };
    const count = 'SELECT count(*)::int, max(tries) AS tries FROM remittance.kcd_bank_account_withdrawal_failures';
    const moments = await sweep(async (world, over) => {
      await failedEvents(over).log(letters(world), tries);
      // What was not settled is delivered again.
      await failedEvents(ledger.database).log(letters(world), tries);
      expect(await ledger.database.query(count)).toEqual([{ count: 4, tries: 1 }]);
    }, deposited);
    expect(moments).toBeGreaterThan(8);
  });
});
