import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refused, sent, unknownSend, type SendableBill } from '../../../pipelines/billing/delivery.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import type { OperatedBill, Resolution } from '../../../pipelines/billing/operatedBill.ts';
import type { ParkedSelection, ResolvedBills } from '../../../pipelines/billing/operatorStore.ts';
import { Decision } from '../../../src/message/decision.ts';
import { codeOf, textOf, WeirError } from '../../../src/errors.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { aBilling, billRow, emptied, pending, sendable, settled, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

async function one(changes = {}): Promise<DispatchedBill> {
  const [bill] = await pending(billing, 1, changes);
  if (bill === undefined) throw new Error('no bill was made');
  return bill;
}

async function claimed(bills: readonly DispatchedBill[]): Promise<readonly SendableBill[]> {
  const answers = await billing.ports.bills.claim(bills.map(sendable), 60_000);
  return answers.map((answer) => {
    if (Decision.is(answer)) throw new Error(`not claimed: ${answer.reason}`);
    return answer;
  });
}

async function parked(count = 1): Promise<readonly SendableBill[]> {
  const sends = await claimed(await pending(billing, count));
  await billing.ports.bills.record(sends.map((send) => unknownSend(send, new WeirError('outcomeUnknown', 'lost after the final dot'))));
  return sends;
}

function force(billingDate?: string): Promise<OperatedBill> {
  return billing.database.withTransaction((transaction) =>
    billing.ports.operations.force(transaction, { publicInfoId: 1_001n, billingDate }),
  );
}

function resolve(selection: ParkedSelection, how: Resolution): Promise<ResolvedBills> {
  return billing.database.withTransaction((transaction) => billing.ports.operations.resolve(transaction, selection, how));
}

const attempts = (): Promise<readonly object[]> =>
  billing.database.query('SELECT number, channel, is_forced, result, code FROM billing.send_attempt ORDER BY billing_id, number');

async function refusalOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => `${codeOf(error)}: ${textOf(error)}`,
  );
}

describe('a forced send', () => {
  it.each([
    ['CREATED', `send_status = 'CREATED'`],
    ['SEND_PENDING', `next_attempt_at = '2026-11-20T00:00Z'`],
    ['IN_QUIET_HOUR', `send_status = 'IN_QUIET_HOUR', next_attempt_at = '2026-11-20T00:00Z'`],
    ['FAILED', `send_status = 'FAILED', fail_code = 'refused'`],
  ])('takes a bill that is %s, and it may be claimed at once, in quiet hours too', async (state, change) => {
    const bill = await one({ quietHours: { start: '00:00', end: '23:59', zone: 'Asia/Seoul' } });
    await billing.database.execute(`UPDATE billing.billing_p SET ${change}`);
    expect(await force()).toMatchObject({ billId: bill.billId, state });
    expect(await billRow(billing, bill)).toMatchObject({
      send_status: 'SEND_PENDING',
      fail_code: null,
      next_attempt_at: billing.clock.now(),
    });
    await claimed([bill]);
    expect(await attempts()).toMatchObject([{ is_forced: true }]);
  });

  it('takes a parked bill, whose late answer then changes the ledger alone', async () => {
    const [send] = await parked();
    if (send === undefined) throw new Error('nothing was parked');
    expect(await force()).toMatchObject({ state: 'PARKED' });
    const [again] = await claimed([send.bill]);
    await billing.ports.bills.record([sent(send, '250 late')]);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'SENDING', send_token: again?.claimed?.token });
    expect(await attempts()).toMatchObject([{ result: 'SENT' }, { result: null, is_forced: true }]);
  });

  it('refuses a bill that was sent, and one that is being sent', async () => {
    const bill = await one();
    const [send] = await claimed([bill]);
    expect(await refusalOf(force())).toMatch(/^refused: Bill \d+ \(\w{13}\) of 2026-11 is being sent now/);
    if (send !== undefined) await billing.ports.bills.record([sent(send, '250 ok')]);
    expect(await refusalOf(force())).toMatch(/^refused: Bill \d+ \(\w{13}\) of 2026-11 was sent already\.$/);
  });

  it('takes a bill whose holder is gone, and ends its attempt as unknown', async () => {
    const bill = await one();
    await claimed([bill]);
    await billing.database.execute(`UPDATE billing.billing_p SET lease_until = clock_timestamp() - interval '1 second'`);
    await force();
    await claimed([bill]);
    expect(await attempts()).toMatchObject([{ result: 'UNKNOWN' }, { result: null }]);
  });

  it('refuses a bill of a month that is still being settled, which may be taken back', async () => {
    await settled(billing);
    await billing.database.execute(`UPDATE weir.job_run SET status = 'STOPPED', finished_at = now() WHERE job = 'billing.settle'`);
    expect(await refusalOf(force())).toMatch(/belongs to a month whose settlement has not completed/);
  });

  it('names a member, or a month, that has no bill', async () => {
    expect(await refusalOf(force())).toBe('notFound: Member 1001 has no bill.');
    await one();
    expect(await refusalOf(force('2026-10-01'))).toBe('notFound: Member 1001 has no bill of 2026-10.');
  });

  it('is brought by the next redispatch when nobody publishes it at once', async () => {
    await one({ quietHours: { start: '00:00', end: '23:59', zone: 'Asia/Seoul' } });
    await force();
    billing.setNow('2026-11-14T15:05:00Z');
    const published: string[] = [];
    const spec = billing.spec('billing.redispatch', '2026-11-15T00:05');
    const emails = {
      write: (messages: readonly { readonly key: string }[]) => Promise.resolve(void published.push(...messages.map(({ key }) => key))),
    };
    await runJob({ ...spec, ports: { ...spec.ports, emails, oldestUnsettledAt: () => Promise.resolve(undefined) } });
    expect(published).toEqual(['1001']);
  });
});

describe('resolving parked bills', () => {
  it('sends them again, which is noted as asked for by a person', async () => {
    const [send] = await parked();
    if (send === undefined) throw new Error('nothing was parked');
    await resolve({ billIds: [send.bill.billId] }, 'resend');
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'SEND_PENDING', park_reason: null, send_token: null });
    await claimed([send.bill]);
    expect(await attempts()).toEqual([
      { number: 1, channel: 'EMAIL', is_forced: false, result: 'UNKNOWN', code: 'resent' },
      { number: 2, channel: 'EMAIL', is_forced: true, result: null, code: null },
    ]);
  });

  it('closes them as sent', async () => {
    const [send] = await parked();
    if (send === undefined) throw new Error('nothing was parked');
    await resolve({ billIds: [send.bill.billId] }, 'sent');
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'EMAIL', send_token: null });
    expect(await attempts()).toMatchObject([{ result: 'UNKNOWN', code: 'closedAsSent' }]);
  });

  it('closes them as failed, with a row in the fail log from which they can be sent as SMS', async () => {
    const [send] = await parked();
    if (send === undefined) throw new Error('nothing was parked');
    await resolve({ billIds: [send.bill.billId] }, 'failed');
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'FAILED', fail_code: 'outcomeUnknown' });
    expect(await billing.database.query('SELECT attempt_id, code, error FROM billing.email_fail_log')).toEqual([
      { attempt_id: send.claimed?.token, code: 'outcomeUnknown', error: 'lost after the final dot' },
    ]);
  });

  it('takes all of a month when there are as many as the person has seen, else none', async () => {
    await parked(3);
    const all = (expected: number): ParkedSelection => ({ billingDate: '2026-11-01', expected });
    expect(await refusalOf(resolve(all(2), 'sent'))).toMatch(/^refused: 3 bills are parked .*, not the expected 2: look again\.$/);
    expect(await refusalOf(resolve({ billingDate: '2026-10-01', expected: 1 }, 'sent'))).toMatch(/^refused: 0 bills are parked/);
    expect(await resolve(all(3), 'sent')).toMatchObject({ bills: [{}, {}, {}], remaining: 0 });
  });

  it('does nothing when one of the named bills is not parked any more, or is not there', async () => {
    const [first, second] = await parked(2);
    if (first === undefined || second === undefined) throw new Error('two were expected');
    await billing.ports.bills.record([sent(first, '250 late')]);
    const ids = [first.bill.billId, second.bill.billId];
    expect(await refusalOf(resolve({ billIds: ids }, 'resend'))).toMatch(/is COMPLETED, not parked\.$/);
    expect(await refusalOf(resolve({ billIds: [second.bill.billId, 5n] }, 'resend'))).toBe('notFound: There is no bill 5.');
    expect(await billRow(billing, second.bill)).toMatchObject({ park_reason: 'lost after the final dot' });
  });

  it('by two people at the same time is done once', async () => {
    await parked(3);
    const all = { billingDate: '2026-11-01', expected: 3 };
    const second = Promise.withResolvers<string>();
    await billing.database.withTransaction(async (transaction) => {
      expect(await billing.ports.operations.resolve(transaction, all, 'failed')).toMatchObject({ remaining: 0 });
      second.resolve(refusalOf(resolve(all, 'resend')));
      await until('the other waits', async () => (await lockWaits(billing.database)) > 0);
    });
    expect(await second.promise).toMatch(/^refused: 0 bills are parked/);
    expect(await billing.database.query('SELECT DISTINCT send_status FROM billing.billing_p')).toEqual([{ send_status: 'FAILED' }]);
  });

  it('twice does it once', async () => {
    const [send] = await parked();
    if (send === undefined) throw new Error('nothing was parked');
    await resolve({ billIds: [send.bill.billId] }, 'failed');
    expect(await refusalOf(resolve({ billIds: [send.bill.billId] }, 'failed'))).toMatch(/is FAILED, not parked/);
  });

  it('a late 250 after it was closed as failed corrects the ledger, not the bill', async () => {
    const [send] = await parked();
    if (send === undefined) throw new Error('nothing was parked');
    await resolve({ billIds: [send.bill.billId] }, 'failed');
    await billing.ports.bills.record([sent(send, '250 late')]);
    expect(await billRow(billing, send.bill)).toMatchObject({ send_status: 'FAILED' });
    expect(await attempts()).toMatchObject([{ result: 'SENT' }]);
  });
});

describe('what operators find', () => {
  it('is a member by number or by an address in any spelling, with bills, attempts and failures, masked', async () => {
    const [send] = await claimed([await one()]);
    if (send !== undefined) await billing.ports.bills.record([refused(send, new WeirError('refused', 'it answered 550'))]);
    const { finds } = billing.ports;
    expect(await finds.members({ email: ' GILDONG@Example.com ' })).toEqual(await finds.members({ publicInfoId: 1_001n }));
    expect(await finds.members({ email: 'another@example.com' })).toEqual([]);
    const [bill] = await finds.billsOf([1_001n]);
    expect(bill).toMatchObject({
      ...{ month: '2026-11', state: 'FAILED', fail_code: 'refused', billing_fee: 10_000n },
      attempts: [{ number: 1, result: 'REFUSED', isForced: false }],
      failures: [{ code: 'refused', error: 'it answered 550', origin: null }],
    });
  });

  it('are the parked bills, the oldest first, with how many there are', async () => {
    await parked(3);
    const found = await billing.ports.finds.parked({ billingDate: undefined, limit: 2 });
    expect(found.count).toBe(3);
    expect(found.bills).toHaveLength(2);
    expect(found.bills[0]).toMatchObject({ month: '2026-11', park_reason: 'lost after the final dot', channel: 'EMAIL', attempt: 1 });
  });
});
