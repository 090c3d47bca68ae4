import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tryOptions } from '../../../pipelines/remittance/tryOptions.ts';
import { Decision, type Answer } from '../../../src/message/decision.ts';
import { openPool } from '../jobs/copyJob.ts';
import { aCall, aLedger, aRequest, standOf, type ALedger, type NewCall, type NewRequest } from './aLedger.ts';
import { booking } from './booking.ts';
import { ledgerFlaws } from './ledgerFlaws.ts';

let ledger: ALedger;
let stores: ReturnType<typeof booking>;

beforeAll(async () => {
  ledger = await aLedger();
  stores = booking(ledger, openPool(ledger.url));
});

beforeEach(() => ledger.empty());

const tries = tryOptions.parse({ tries: 2, retries: 1 });

const outcome = (answer: Answer<string>): string => (Decision.is(answer) ? answer.outcome : answer);

async function settle(...callIds: readonly bigint[]): Promise<readonly string[]> {
  const ended = callIds.map((id) => ({ id }));
  return (await stores.settlements.settle(ended, tries)).map(outcome);
}

const withdraw = async (...ids: readonly bigint[]): Promise<readonly string[]> =>
  (
    await stores.withdrawals.withdraw(
      ids.map((id) => ({ id })),
      tries,
    )
  ).map(outcome);

interface Made {
  readonly requestId: bigint;
  readonly callId: bigint;
}

/** A request whose money the bank has moved in, as its callback leaves it. */
async function movedIn(request: NewRequest = {}): Promise<Made> {
  const requestId = await aRequest(ledger, { state: 'DEPOSIT_PENDING', ...request });
  return { requestId, callId: await aCall(ledger, requestId) };
}

/** The same with its money on its way, and how the bank ends paying it out. */
async function paidOut(status: NewCall['status'], request: NewRequest = {}): Promise<Made> {
  const { requestId, callId } = await movedIn(request);
  await settle(callId);
  await withdraw(requestId);
  return { requestId, callId: await ends(requestId, 'PAY_OUT', status) };
}

/** Its open call of the kind ends. */
async function ends(requestId: bigint, kind: NewCall['kind'], status: NewCall['status']): Promise<bigint> {
  const [row] = await ledger.database.query<{ id: bigint }>({
    text: `UPDATE remittance.bank_call SET status = $3, ended_at = $4, next_ask_at = NULL, reason = CASE WHEN $3 = 'REFUSED' THEN 'ACCOUNT_CLOSED' END
      WHERE request_id = $1 AND kind = $2 AND ended_at IS NULL RETURNING id`,
    values: [requestId, kind, status, ledger.now()],
  });
  return row?.id ?? 0n;
}

async function balances(): Promise<object> {
  const rows = await ledger.database.query<{ id: bigint; minor: bigint }>(
    'SELECT id, balance_minor AS minor FROM remittance.kcd_bank_accounts WHERE balance_minor <> 0',
  );
  return Object.fromEntries(rows.map(({ id, minor }) => [id.toString(), minor]));
}

describe('the way of money', () => {
  it('in, with its event; out, with the call that pays; and to whom it is for', async () => {
    const { requestId, callId } = await movedIn();
    expect(await settle(callId)).toEqual(['booked']);
    expect(await standOf(ledger, requestId)).toEqual({
      ...{ state: 'DEPOSITED', states: 'DEPOSITED', records: 'MOVED_IN', calls: 'MOVE_IN DONE booked', messages: 'remittance.deposited' },
    });
    expect(await balances()).toEqual({ 1: 12_000n, 11: -12_000n });
    ledger.pass(1);
    expect(await withdraw(requestId)).toEqual(['withdrawn']);
    expect(await standOf(ledger, requestId)).toEqual({
      ...{ state: 'WITHDRAWN', states: 'DEPOSITED WITHDRAWN', records: 'MOVED_IN WITHDRAWN', calls: 'MOVE_IN DONE booked, PAY_OUT READY' },
      messages: 'remittance.deposited remittance.bankCall',
    });
    expect(await balances()).toEqual({ 2: 12_000n, 11: -12_000n });
    ledger.pass(1);
    expect(await settle(await ends(requestId, 'PAY_OUT', 'DONE'))).toEqual(['booked']);
    expect(await standOf(ledger, requestId)).toMatchObject({
      ...{ state: 'COMPLETED', states: 'DEPOSITED WITHDRAWN COMPLETED', records: 'MOVED_IN WITHDRAWN PAID_OUT' },
      calls: 'MOVE_IN DONE booked, PAY_OUT DONE booked',
    });
    expect(await balances()).toEqual({ 11: -12_000n, 12: 12_000n });
  });

  it('back, where it is refused', async () => {
    const { requestId, callId } = await paidOut('REFUSED');
    ledger.pass(1);
    expect(await settle(callId)).toEqual(['booked']);
    expect(await standOf(ledger, requestId)).toMatchObject({
      ...{ state: 'RETURNING ACCOUNT_CLOSED', records: 'MOVED_IN WITHDRAWN REVERSED SENT_BACK' },
      calls: 'MOVE_IN DONE booked, PAY_OUT REFUSED booked, RETURN READY',
    });
    expect(await balances()).toEqual({ 2: 12_000n, 11: -12_000n });
    ledger.pass(1);
    expect(await settle(await ends(requestId, 'RETURN', 'DONE'))).toEqual(['booked']);
    expect(await standOf(ledger, requestId)).toMatchObject({
      state: 'RETURNED ACCOUNT_CLOSED',
      calls: expect.stringMatching(/RETURN DONE booked$/) as string,
    });
    expect(await balances()).toEqual({});
    expect(await ledgerFlaws(ledger.database)).toEqual([]);
  });

  it('aside, where nobody takes it, until a person has it asked for again', async () => {
    const { requestId, callId } = await paidOut('REFUSED');
    await settle(callId);
    expect(await settle(await ends(requestId, 'RETURN', 'REFUSED'))).toEqual(['parked']);
    expect(await standOf(ledger, requestId)).toMatchObject({ state: 'RETURNING ACCOUNT_CLOSED RETURN_REFUSED' });
    expect(await balances()).toEqual({ 3: 12_000n, 11: -12_000n });
    const again = await aCall(ledger, requestId, { kind: 'RETURN', seq: 2, status: 'REFUSED' });
    expect(await settle(again)).toEqual(['parked']);
    const last = await aCall(ledger, requestId, { kind: 'RETURN', seq: 3 });
    expect(await settle(last)).toEqual(['booked']);
    expect(await standOf(ledger, requestId)).toMatchObject({
      state: 'RETURNED ACCOUNT_CLOSED',
      records: expect.stringMatching(/RELEASED/) as string,
    });
    expect(await balances()).toEqual({});
    expect(await ledger.database.query('SELECT FROM remittance.biz_remittance_request_failures WHERE ended_at IS NULL')).toEqual([]);
  });
});

describe('a chunk', () => {
  it('changes nothing for what is there already, however often and by however many at once', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => movedIn()));
    const ids = made.map(({ callId }) => callId);
    const answers = await Promise.all([settle(...ids), settle(...ids.toReversed()), settle(...ids, ...ids)]);
    expect(answers.flat().filter((answer) => answer === 'skipped').length).toBeGreaterThan(0);
    expect(await settle(...ids)).toEqual(ids.map(() => 'skipped'));
    const requestIds = made.map(({ requestId }) => requestId);
    await Promise.all([withdraw(...requestIds), withdraw(...requestIds.toReversed())]);
    expect(await withdraw(...requestIds)).toEqual(ids.map(() => 'skipped'));
    expect(await balances()).toEqual({ 2: 72_000n, 11: -72_000n });
    expect(await ledger.database.query('SELECT topic, count(*)::int FROM remittance.outbox GROUP BY topic ORDER BY topic')).toEqual([
      { topic: 'remittance.bankCall', count: 6 },
      { topic: 'remittance.deposited', count: 6 },
    ]);
  });

  it('books two ends of one request one after the other, the older one first', async () => {
    const { requestId, callId } = await paidOut('REFUSED');
    await settle(callId);
    const refused = await ends(requestId, 'RETURN', 'REFUSED');
    const [done, other] = [await aCall(ledger, requestId, { kind: 'RETURN', seq: 2 }), await movedIn()];
    expect(await settle(done, other.callId, refused)).toEqual(['booked', 'booked', 'parked']);
    expect(await standOf(ledger, requestId)).toMatchObject({ state: 'RETURNED ACCOUNT_CLOSED' });
    expect(await ledgerFlaws(ledger.database)).toEqual([]);
  });

  it('books the neighbours of one that cannot be written, which gets its row, comes soon, then rarely, then waits for a person', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => movedIn()));
    const bad = made[2] as Made;
    const record = `INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
      VALUES ($1, 'MOVED_IN', 11, 1, 12000, $2)`;
    await ledger.database.execute({ text: record, values: [bad.requestId, ledger.now()] });
    expect(await settle(...made.map(({ callId }) => callId))).toEqual(['booked', 'booked', 'deferred', 'booked', 'booked']);
    const failure = 'SELECT code, tries, park_reason FROM remittance.kcd_bank_account_deposit_failures WHERE ended_at IS NULL';
    expect(await ledger.database.query(failure)).toEqual([{ code: 'constraint', tries: 1, park_reason: null }]);
    const soon = `SELECT key, not_before FROM remittance.outbox WHERE topic = 'remittance.callEnded'`;
    expect(await ledger.database.query(soon)).toEqual([
      { key: bad.requestId.toString(), not_before: new Date(ledger.now().getTime() + 10_000) },
    ]);
    await settle(bad.callId);
    await settle(bad.callId);
    expect(await ledger.database.query(failure)).toEqual([{ code: 'constraint', tries: 3, park_reason: 'constraint' }]);
    expect(await standOf(ledger, bad.requestId)).toMatchObject({ state: 'DEPOSIT_PENDING constraint', calls: 'MOVE_IN DONE' });
    expect(await ledger.database.query(soon)).toHaveLength(1);
    // Once it can be written, it is, and is parked no more.
    await ledger.database.execute({
      text: 'DELETE FROM remittance.kcd_bank_account_records WHERE request_id = $1',
      values: [bad.requestId],
    });
    expect(await settle(bad.callId)).toEqual(['booked']);
    expect(await standOf(ledger, bad.requestId)).toMatchObject({ state: 'DEPOSITED' });
    expect(await ledger.database.query(failure)).toEqual([]);
    expect(await ledgerFlaws(ledger.database)).toEqual([]);
  });

  it('withdraws the neighbours of one that finds too little, and that one once there is enough', async () => {
    const made = await Promise.all([12_000n, 30_000n, 12_000n].map((amountMinor) => movedIn({ amountMinor })));
    const [small, large, other] = made as [Made, Made, Made];
    await settle(small.callId, other.callId);
    // Its event is there before its money: what the pooled account holds is others'.
    await ledger.database.execute({
      text: `UPDATE remittance.biz_remittance_requests SET state = 'DEPOSITED' WHERE id = $1`,
      values: [large.requestId],
    });
    const ids = [small.requestId, large.requestId, other.requestId];
    expect(await withdraw(...ids)).toEqual(['withdrawn', 'deferred', 'withdrawn']);
    const failure = 'SELECT request_id, code, tries FROM remittance.kcd_bank_account_withdrawal_failures WHERE ended_at IS NULL';
    expect(await ledger.database.query(failure)).toEqual([{ request_id: large.requestId, code: 'INSUFFICIENT', tries: 1 }]);
    expect(await balances()).toEqual({ 2: 24_000n, 11: -24_000n });
    await ledger.database.execute({
      text: `UPDATE remittance.biz_remittance_requests SET state = 'DEPOSIT_PENDING' WHERE id = $1`,
      values: [large.requestId],
    });
    await settle(large.callId);
    expect(await withdraw(...ids)).toEqual(['skipped', 'withdrawn', 'skipped']);
    expect(await ledger.database.query(failure)).toEqual([]);
  });

  it('withdraws the neighbours of one that cannot be written, which gets its row, and that one once it can be', async () => {
    const made = await Promise.all(Array.from({ length: 3 }, () => movedIn()));
    await settle(...made.map(({ callId }) => callId));
    const [, bad] = made as [Made, Made, Made];
    const record = `INSERT INTO remittance.kcd_bank_account_records (request_id, kind, debit_account_id, credit_account_id, amount_minor, recorded_at)
      VALUES ($1, 'WITHDRAWN', 1, 2, 12000, $2)`;
    await ledger.database.execute({ text: record, values: [bad.requestId, ledger.now()] });
    const ids = made.map(({ requestId }) => requestId);
    expect(await withdraw(...ids)).toEqual(['withdrawn', 'deferred', 'withdrawn']);
    expect(await standOf(ledger, bad.requestId)).toMatchObject({ state: 'DEPOSITED', calls: 'MOVE_IN DONE booked' });
    const failure =
      'SELECT request_id, code, tries, park_reason FROM remittance.kcd_bank_account_withdrawal_failures WHERE ended_at IS NULL';
    const failed = { request_id: bad.requestId, code: 'constraint' };
    expect(await ledger.database.query(failure)).toEqual([{ ...failed, tries: 1, park_reason: null }]);
    await withdraw(bad.requestId);
    await withdraw(bad.requestId);
    expect(await ledger.database.query(failure)).toEqual([{ ...failed, tries: 3, park_reason: 'constraint' }]);
    await ledger.database.execute({
      text: `DELETE FROM remittance.kcd_bank_account_records WHERE request_id = $1 AND kind = 'WITHDRAWN'`,
      values: [bad.requestId],
    });
    expect(await withdraw(bad.requestId)).toEqual(['withdrawn']);
    expect(await ledger.database.query(failure)).toEqual([]);
    expect(await ledgerFlaws(ledger.database)).toEqual([]);
  });

  it('never pays from others what a request that goes back has not: both of its transfers or none', async () => {
    const bad = await paidOut('REFUSED');
    await paidOut('DONE');
    await ledger.database.execute(
      `UPDATE remittance.kcd_bank_accounts SET balance_minor = balance_minor + CASE id WHEN 2 THEN -13000 ELSE 13000 END WHERE id IN (1, 2)`,
    );
    expect(await settle(bad.callId)).toEqual(['deferred']);
    expect(await standOf(ledger, bad.requestId)).toMatchObject({ state: 'WITHDRAWN', records: 'MOVED_IN WITHDRAWN' });
    expect(await ledger.database.query('SELECT code FROM remittance.biz_remittance_request_failures')).toEqual([{ code: 'INSUFFICIENT' }]);
  });

  it('puts aside what names nothing that there is', async () => {
    const { callId, requestId } = await movedIn();
    expect(await settle(5n, callId)).toEqual(['dead', 'booked']);
    expect(await withdraw(requestId, 5n)).toEqual(['withdrawn', 'dead']);
  });

  it('tells a person of a call whose request stands elsewhere', async () => {
    const requestId = await aRequest(ledger, { state: 'DEPOSITED' });
    const callId = await aCall(ledger, requestId, { kind: 'PAY_OUT' });
    for (let time = 0; time < 3; time += 1) expect(await settle(callId)).toEqual(['deferred']);
    expect(await standOf(ledger, requestId)).toMatchObject({ state: 'DEPOSITED UNEXPECTED_STATE', calls: 'PAY_OUT DONE' });
  });
});
