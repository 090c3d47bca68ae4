import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { booksStore } from '../../../pipelines/remittance/booksStore.ts';
import { checkRemittancesRoute, type DeskPorts } from '../../../pipelines/remittance/desk.routes.ts';
import { deskStore } from '../../../pipelines/remittance/deskStore.ts';
import { failureStore, type FailingStep } from '../../../pipelines/remittance/failureStore.ts';
import { openDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { textOf } from '../../../src/errors.ts';
import { heldMoney, lateRemittances, parkedRemittances } from '../../../pipelines/remittance/remittanceGauges.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Json } from '../../../src/runtime/jobs/job.ts';
import { askGauge } from '../../support/askGauge.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { until } from '../../support/until.ts';
import { aDesk, refusalOf, type ADesk } from './aDesk.ts';
import { aCall, aLedger, aRequest, type ALedger } from './aLedger.ts';

let ledger: ALedger;
let desk: ADesk;

beforeAll(async () => {
  ledger = await aLedger();
  desk = aDesk(ledger);
});

beforeEach(() => ledger.empty());

async function park(step: FailingStep, id: bigint, requestId: bigint, code: string): Promise<void> {
  const failure = { id, requestId, code, error: 'a sentence', tries: 6, next: { kind: 'parked' } as const };
  await ledger.database.withTransaction((transaction) => failureStore(ledger.now).write(transaction, step, [failure]));
}

const published = async (): Promise<readonly string[]> =>
  (await ledger.database.query<{ topic: string }>('SELECT topic FROM remittance.outbox ORDER BY id')).map(({ topic }) => topic);

const parkReasons = (): Promise<readonly object[]> =>
  ledger.database.query('SELECT park_reason FROM remittance.biz_remittance_requests WHERE park_reason IS NOT NULL');

/** A remittance whose call waits for a person. */
async function aParkedCall(): Promise<bigint> {
  const id = await aRequest(ledger, { state: 'WITHDRAWN', isBooked: true });
  await park('call', await aCall(ledger, id, { kind: 'PAY_OUT', status: 'ASKED' }), id, 'NO_ANSWER');
  return id;
}

describe('a remittance that is tried again', () => {
  it('has its call asked about at once, with all its tries, and is no longer parked', async () => {
    const id = await aParkedCall();
    expect((await desk.retry(id)).retries).toMatchObject([{ kind: 'ask', failure: { code: 'NO_ANSWER' } }]);
    expect([await published(), await parkReasons()]).toEqual([['remittance.bankCall'], []]);
    const [call] = await ledger.database.query('SELECT tries, next_ask_at FROM remittance.bank_call');
    expect(call).toEqual({ tries: 0, next_ask_at: ledger.now() });
    expect(await ledger.database.query('SELECT tries FROM remittance.biz_remittance_request_failures')).toEqual([{ tries: 0 }]);
  });

  it('has money that came in booked', async () => {
    const id = await aRequest(ledger, { state: 'DEPOSIT_PENDING' });
    await aCall(ledger, id);
    await park('deposit', id, id, 'constraint');
    expect((await desk.retry(id)).retries).toMatchObject([{ kind: 'book' }]);
    expect([await published(), await parkReasons()]).toEqual([['remittance.callEnded'], []]);
  });

  it('has its money withdrawn', async () => {
    const id = await aRequest(ledger, { state: 'DEPOSITED', isBooked: true });
    await park('withdrawal', id, id, 'INSUFFICIENT');
    expect((await desk.retry(id)).retries).toMatchObject([{ kind: 'withdraw' }]);
    expect([await published(), await parkReasons()]).toEqual([['remittance.deposited'], []]);
  });

  it('has its money offered back under the next key where the bank refused that', async () => {
    const id = await aRequest(ledger, { state: 'RETURNING', isBooked: true });
    const callId = await aCall(ledger, id, { kind: 'RETURN', status: 'REFUSED' });
    await ledger.database.execute('UPDATE remittance.bank_call SET booked_at = ended_at');
    await park('call', callId, id, 'RETURN_REFUSED');
    expect((await desk.retry(id)).retries).toMatchObject([{ kind: 'returnAgain', seq: 2 }]);
    expect([await published(), await parkReasons()]).toEqual([['remittance.bankCall'], []]);
    expect(await ledger.database.query('SELECT idempotency_key, status FROM remittance.bank_call ORDER BY seq')).toEqual([
      { idempotency_key: `${id}-RETURN-1`, status: 'REFUSED' },
      { idempotency_key: `${id}-RETURN-2`, status: 'READY' },
    ]);
    expect(await refusalOf(desk.retry(id))).toContain('nothing has failed of it');
  });

  it('is refused where it has its end, where nothing failed, where the bank contradicts itself, and where it is not there', async () => {
    const ended = await aRequest(ledger, { state: 'COMPLETED' });
    expect(await refusalOf(desk.retry(ended))).toBe(`refused: Remittance ${ended} has its end: it is COMPLETED.`);
    const well = await aRequest(ledger);
    expect(await refusalOf(desk.retry(well))).toBe(
      `refused: Remittance ${well} is REQUESTED, and nothing has failed of it: it goes on by itself.`,
    );
    const doubted = await aRequest(ledger, { state: 'RETURNING' });
    const payOut = await aCall(ledger, doubted, { kind: 'PAY_OUT', status: 'REFUSED' });
    await ledger.database.execute('UPDATE remittance.bank_call SET booked_at = ended_at');
    await park('call', payOut, doubted, 'CONTRADICTION');
    expect(await refusalOf(desk.retry(doubted))).toMatch(/^refused: .*CONTRADICTION.*find out from the bank/);
    expect(await refusalOf(desk.retry(5n))).toBe('notFound: There is no remittance 5.');
    expect(await published()).toEqual([]);
  });

  it.each(['DEPOSITED', 'WITHDRAWN', 'RETURNING'] as const)(
    'is refused where it is %s, and the ledger does not have its money: nothing moves that never came',
    async (state) => {
      const id = await aRequest(ledger, { state });
      if (state === 'DEPOSITED') await park('withdrawal', id, id, 'INSUFFICIENT');
      else
        await park(
          'call',
          await aCall(ledger, id, { kind: state === 'WITHDRAWN' ? 'PAY_OUT' : 'RETURN', status: 'ASKED' }),
          id,
          'NO_ANSWER',
        );
      const why = `is ${state}, and its records are none: tried again, money would move that the ledger does not have`;
      expect(await refusalOf(desk.retry(id))).toBe(`refused: Remittance ${id} ${why}.`);
      expect(await deskStore(ledger.database).show(id)).toMatchObject({ notTriedAgain: why });
      expect(await published()).toEqual([]);
    },
  );

  it('is refused where the ledger has another amount of it', async () => {
    const id = await aRequest(ledger, { state: 'DEPOSITED', isBooked: true });
    await ledger.database.execute('UPDATE remittance.biz_remittance_requests SET amount_minor = amount_minor + 1');
    await park('withdrawal', id, id, 'INSUFFICIENT');
    expect(await refusalOf(desk.retry(id))).toContain('its records are of another amount');
  });

  it('is as it was when the process dies before the commit', async () => {
    const id = await aParkedCall();
    await refusalOf(desk.retry(id, true));
    expect([await published(), (await parkReasons()).length]).toEqual([[], 1]);
  });

  it('gets one new call where two ask for it at once', async () => {
    const id = await aRequest(ledger, { state: 'RETURNING', isBooked: true });
    await park('call', await aCall(ledger, id, { kind: 'RETURN', status: 'REFUSED' }), id, 'RETURN_REFUSED');
    await ledger.database.execute('UPDATE remittance.bank_call SET booked_at = ended_at');
    const ends = await Promise.all([refusalOf(desk.retry(id)), refusalOf(desk.retry(id))]);
    expect(ends.filter((end) => end === 'done')).toHaveLength(1);
    // By a sentence, not by a constraint of the table.
    expect(ends.find((end) => end !== 'done')).toMatch(/^(conflict: .* look at it again|refused: .* nothing has failed of it)/);
    expect(await ledger.database.query('SELECT seq FROM remittance.bank_call ORDER BY seq')).toEqual([{ seq: 1 }, { seq: 2 }]);
  });
});

describe('what operators look at', () => {
  it('is listed by what it waits for, in pages', async () => {
    const parked = await aParkedCall();
    await aRequest(ledger, { state: 'COMPLETED' });
    ledger.pass(600);
    const young = await aRequest(ledger);
    const sheets = deskStore(ledger.database);
    const numbers = async (which: 'all' | 'unfinished' | 'parked' | 'late', after = 0n, limit = 10): Promise<readonly unknown[]> => {
      const lateBefore = new Date(ledger.now().getTime() - 600_000);
      return (await sheets.list({ which, after, limit, lateBefore })).map(({ number }) => number);
    };
    expect(await numbers('unfinished')).toEqual([parked, young].map(String));
    expect(await numbers('unfinished', 0n, 1)).toEqual([parked.toString()]);
    expect(await numbers('unfinished', parked)).toEqual([young.toString()]);
    expect(await numbers('parked')).toEqual([parked.toString()]);
    expect(await numbers('late')).toEqual([parked.toString()]);
    expect(await numbers('all')).toHaveLength(3);
  });

  it('is parked where a failure of it is, also where its own row does not say so: in list, sheet, gauges, books and chat; and is tried again', async () => {
    const id = await aParkedCall();
    await ledger.database.execute('UPDATE remittance.biz_remittance_requests SET park_reason = NULL');
    const lateBefore = ledger.now();
    const sheets = deskStore(ledger.database);
    const page = { after: 0n, limit: 10, lateBefore };
    expect(await sheets.list({ which: 'parked', ...page })).toMatchObject([{ number: id.toString(), parkReason: 'NO_ANSWER' }]);
    expect(await sheets.list({ which: 'unfinished', ...page })).toMatchObject([{ parkReason: 'NO_ANSWER' }]);
    expect(await sheets.show(id)).toMatchObject({ parkReason: 'NO_ANSWER', notTriedAgain: null });
    ledger.pass(600);
    const gauges = [parkedRemittances, lateRemittances].map((gauge) => askGauge(ledger.database, ledger.now, gauge));
    expect(await Promise.all(gauges)).toEqual([[{ reason: 'NO_ANSWER', weir_remittances_parked: 1n }], []]);
    expect((await booksStore(ledger.database).read()).findings).toContainEqual({
      ...{ what: 'PARK', key: id.toString(), foundMinor: 12_000n, expectedMinor: null },
      says: `Remittance ${id} is WITHDRAWN and not parked, and of its failures one is parked as NO_ANSWER.`,
    });
    await desk.retry(id);
    expect(await sheets.list({ which: 'parked', ...page })).toEqual([]);
    expect(await published()).toEqual(['remittance.bankCall']);
    const parks = (await booksStore(ledger.database).read()).findings.filter(({ what }) => what === 'PARK');
    expect(parks).toEqual([]);
  });

  it('is parked also where it has its end: a failure is of a person until a person has ended it', async () => {
    const id = await aRequest(ledger, { state: 'COMPLETED' });
    await park('call', await aCall(ledger, id, { kind: 'PAY_OUT' }), id, 'UNEXPECTED_STATE');
    const listed = await deskStore(ledger.database).list({ which: 'parked', after: 0n, limit: 10, lateBefore: ledger.now() });
    expect(listed).toMatchObject([{ number: id.toString(), state: 'COMPLETED', parkReason: 'UNEXPECTED_STATE' }]);
    expect(await askGauge(ledger.database, ledger.now, parkedRemittances)).toEqual([
      { reason: 'UNEXPECTED_STATE', weir_remittances_parked: 1n },
    ]);
    expect(await deskStore(ledger.database).show(id)).toMatchObject({ notTriedAgain: 'has its end: it is COMPLETED' });
  });

  it('is counted once where several of its failures are parked', async () => {
    const id = await aRequest(ledger, { state: 'DEPOSITED', isBooked: true });
    await park('withdrawal', id, id, 'INSUFFICIENT');
    await park('call', await aCall(ledger, id), id, 'NO_ANSWER');
    for (const own of ['INSUFFICIENT', null]) {
      await ledger.database.execute({ text: 'UPDATE remittance.biz_remittance_requests SET park_reason = $1', values: [own] });
      expect(await askGauge(ledger.database, ledger.now, parkedRemittances)).toEqual([
        { reason: 'INSUFFICIENT', weir_remittances_parked: 1n },
      ]);
      const listed = await deskStore(ledger.database).list({ which: 'parked', after: 0n, limit: 10, lateBefore: ledger.now() });
      expect(listed).toHaveLength(1);
    }
  });

  it('is shown with everything but whose account it is', async () => {
    const id = await aParkedCall();
    await ledger.database.execute(`UPDATE remittance.kcd_bank_accounts SET account_number = '110-222-333444' WHERE id = 11`);
    const shown = await deskStore(ledger.database).show(id);
    expect(shown).toMatchObject({
      ...{ number: id.toString(), state: 'WITHDRAWN', amountMinor: '12000', from: '***3444', parkReason: 'NO_ANSWER' },
      calls: [{ key: `${id}-PAY_OUT-1`, status: 'ASKED' }],
      failures: [{ code: 'NO_ANSWER', tries: 6 }],
    });
    expect(JSON.stringify(shown)).not.toMatch(/222|business/);
    expect(await deskStore(ledger.database).show(5n)).toBeUndefined();
  });
});

describe('the books', () => {
  const read = async (): Promise<readonly string[]> => (await booksStore(ledger.database).read()).findings.map(({ says }) => says);

  it('are right where balances are those of their records, and states have theirs', async () => {
    await aRequest(ledger);
    expect(await read()).toEqual([]);
    const id = await aRequest(ledger, { state: 'DEPOSITED', amountMinor: 5n });
    expect(await read()).toEqual([`Remittance ${id} is DEPOSITED, and its records are none.`]);
    await ledger.database.execute({
      text: `INSERT INTO remittance.kcd_bank_account_records VALUES ($1, 'MOVED_IN', 11, 1, 5, now())`,
      values: [id],
    });
    expect(await read()).toEqual([
      'Account 1 (POOL) holds 0, and its records come to 5.',
      'Account 11 (EXTERNAL) holds 0, and its records come to -5.',
    ]);
    await ledger.database.execute('UPDATE remittance.kcd_bank_accounts SET balance_minor = 5 WHERE id = 1');
    expect(await read()).toContain('The accounts sum to 5, not to 0.');
    await ledger.database.execute('UPDATE remittance.kcd_bank_accounts SET balance_minor = -5 WHERE id = 11');
    expect(await read()).toEqual([]);
    await ledger.database.execute(`UPDATE remittance.biz_remittance_requests SET amount_minor = 6 WHERE state = 'DEPOSITED'`);
    expect(await read()).toEqual([`Remittance ${id} is DEPOSITED, and its records are MOVED_IN.`]);
  });

  it('that are wrong are an answer: what is wrong, of what, what stands there and what should', async () => {
    const check = async (): Promise<Json> =>
      checkRemittancesRoute.answer({ books: booksStore(ledger.database) } as DeskPorts, {}, { name: 'kim', role: 'viewer' });
    const right = await check();
    expect(right).toMatchObject({ result: 'the books are right', findings: [] });
    const id = await aRequest(ledger, { state: 'WITHDRAWN', amountMinor: 5n });
    const callId = await aCall(ledger, id, { kind: 'PAY_OUT' });
    await park('call', callId, id, 'CONTRADICTION');
    await ledger.database.execute({
      text: `INSERT INTO remittance.kcd_bank_account_records VALUES ($1, 'MOVED_IN', 11, 1, 6, now())`,
      values: [id],
    });
    await ledger.database.execute('UPDATE remittance.kcd_bank_accounts SET balance_minor = 7 WHERE id = 1');
    const wrong = await check();
    expect(wrong).toMatchObject({
      result: 'the books are wrong, or the bank contradicts itself',
      sumMinor: '7',
      findings: [
        { what: 'SUM', key: null, foundMinor: '7', expectedMinor: '0' },
        { what: 'BALANCE', key: '1', foundMinor: '7', expectedMinor: '6' },
        { what: 'BALANCE', key: '11', foundMinor: '0', expectedMinor: '-6' },
        {
          what: 'RECORDS',
          key: id.toString(),
          says: `Remittance ${id} is WITHDRAWN, and its records are MOVED_IN.`,
          foundMinor: '6',
          expectedMinor: '5',
        },
        { what: 'CONTRADICTION', key: callId.toString(), foundMinor: '5', expectedMinor: null },
      ],
    });
    const recordsOf = async (changes: string): Promise<unknown> => {
      await ledger.database.execute(`UPDATE remittance.biz_remittance_requests SET ${changes}`);
      return (await booksStore(ledger.database).read()).findings.find(({ what }) => what === 'RECORDS');
    };
    expect(await recordsOf(`amount_minor = 6`)).toMatchObject({ foundMinor: 6n, expectedMinor: null });
    expect(await recordsOf(`state = 'REQUESTED', amount_minor = 6`)).toMatchObject({ foundMinor: 6n, expectedMinor: 0n });
    expect([right, wrong].map((answer) => checkRemittancesRoute.hasFindings?.(answer))).toEqual([false, true]);
  });

  it('tell how our money comes about: what the ledger has, what remittances say, and what of that was never booked', async () => {
    const booked = await aRequest(ledger, { state: 'DEPOSITED', amountMinor: 100n });
    await ledger.database.execute({
      text: `INSERT INTO remittance.kcd_bank_account_records VALUES ($1, 'MOVED_IN', 11, 1, 100, now())`,
      values: [booked],
    });
    await aRequest(ledger, { state: 'DEPOSITED', amountMinor: 30n });
    await aRequest(ledger, { state: 'RETURNING', amountMinor: 7n });
    // More than the booked one by 20: told without its parts it is 10 too little.
    await ledger.database.execute('UPDATE remittance.kcd_bank_accounts SET balance_minor = 120 WHERE id = 1');
    await aCall(ledger, await aRequest(ledger, { state: 'DEPOSIT_PENDING', amountMinor: 9n }));
    await aCall(ledger, booked, { kind: 'PAY_OUT' });
    await aCall(ledger, booked, { kind: 'RETURN', status: 'ASKED' });
    const { money } = await booksStore(ledger.database).read();
    expect(money).toEqual({
      accounts: [
        { account: 'POOL', ledgerMinor: 120n, explainedMinor: 130n, unbookedMinor: 30n, unexplainedMinor: -10n },
        { account: 'TRANSIT', ledgerMinor: 0n, explainedMinor: 7n, unbookedMinor: 7n, unexplainedMinor: -7n },
        { account: 'SUSPENSE', ledgerMinor: 0n, explainedMinor: 0n, unbookedMinor: 0n, unexplainedMinor: 0n },
      ],
      bank: { ledgerMinor: 120n, movedInUnbookedMinor: 9n, paidOutUnbookedMinor: 100n, bankShouldHoldMinor: 29n, underWayMinor: 100n },
    });
    const gauge = await askGauge(ledger.database, ledger.now, heldMoney);
    expect(gauge.map(({ weir_remittances_unexplained_minor: told }) => told).toSorted()).toEqual([-10n, -7n, 0n].toSorted());
  });

  it('are read to their end also where that takes longer than a statement may', async () => {
    const { url } = ledger;
    const hasty = openDatabase({ url, clock: realClock, statementLimitMs: 50, answerLimitMs: 100, lockLimitMs: 10_000 });
    atTheEnd(() => hasty.close());
    const reading = await ledger.database.withTransaction(async (transaction) => {
      await transaction.execute('LOCK TABLE remittance.kcd_bank_account_records IN ACCESS EXCLUSIVE MODE');
      const read = booksStore(hasty).read();
      const failed = read.then(
        () => undefined,
        (error: unknown) => textOf(error),
      );
      await until('it has waited longer than that, or was cut', async () => {
        const [row] = await ledger.database.query<{ readonly is_late: boolean }>(isLate);
        return row?.is_late === true || (await Promise.race([failed, Promise.resolve(undefined)])) !== undefined;
      });
      return { read };
    });
    expect((await reading.read).findings).toEqual([]);
  });
});

const isLate = `
  SELECT coalesce(max(clock_timestamp() - query_start) > interval '300 ms', false) AS is_late
  FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
