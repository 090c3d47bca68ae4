import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refused, sent, type SendableBill } from '../../../pipelines/billing/delivery.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { resolutions, type Resolution } from '../../../pipelines/billing/operatedBill.ts';
import { mostResolved } from '../../../pipelines/billing/operatorStore.ts';
import { mostDoubted, type DoubtedBills } from '../../../pipelines/billing/restoredStore.ts';
import { codeOf, textOf, WeirError } from '../../../src/errors.ts';
import { Decision } from '../../../src/message/decision.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { aBilling, aNewMember, aUsage, billRow, emptied, pending, sendable, settled, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

const noon = '2026-11-15T03:00:00Z';

async function pendingBills(count: number): Promise<readonly [DispatchedBill, ...DispatchedBill[]]> {
  const [first, ...rest] = await pending(billing, count);
  if (first === undefined) throw new Error('no bill was made');
  billing.setNow(noon);
  return [first, ...rest];
}

async function claimed(bill: DispatchedBill): Promise<SendableBill> {
  const [answer] = await billing.ports.bills.claim([sendable(bill)], 60_000);
  if (answer === undefined || Decision.is(answer)) throw new Error('not claimed');
  return answer;
}

function park(expected: number, by = noon): Promise<DoubtedBills> {
  const selection = { until: new Date(by), expected };
  return billing.database.withTransaction((transaction) => billing.ports.restored.parkDoubtful(transaction, selection));
}

async function refusalOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => `${codeOf(error)}: ${textOf(error)}`,
  );
}

const change = (bill: DispatchedBill, columns: string): Promise<number> =>
  billing.database.execute({ text: `UPDATE billing.billing_p SET ${columns} WHERE id = $1`, values: [bill.billId] });

const attempts = (): Promise<readonly object[]> =>
  billing.database.query('SELECT number, channel, result, response FROM billing.send_attempt ORDER BY billing_id, number');

const doubted = { result: 'UNKNOWN', response: 'the database was restored' };
const parked = { send_status: 'SENDING', park_reason: 'the database was restored', lease_owner: null, lease_until: null };

describe('after a restore, a bill that may have been sent since', () => {
  it('is parked under an attempt of its own, and its message takes it no more', async () => {
    const [bill] = await pendingBills(1);
    expect(await park(1)).toEqual({ parked: 1, remaining: 0 });
    expect(await billRow(billing, bill)).toMatchObject({ ...parked, attempts: 1 });
    expect(await attempts()).toEqual([{ number: 1, channel: 'EMAIL', ...doubted }]);
    const [answer] = await billing.ports.bills.claim([sendable(bill)], 60_000);
    expect(answer).toMatchObject({ outcome: 'deferred', reason: 'parked for a person' });
  });

  it('is one that was not dispatched yet, though it was due by then', async () => {
    const [bill] = await settled(billing, 1);
    billing.setNow(noon);
    expect(await park(1, '2026-11-14T15:00:00Z')).toEqual({ parked: 1, remaining: 0 });
    expect(bill && (await billRow(billing, bill))).toMatchObject(parked);
    expect(await billing.run('billing.dispatch', '2026-11-15')).toMatchObject({ how: 'completed' });
    expect(bill && (await billRow(billing, bill))).toMatchObject(parked);
  });

  it('is one that waited for an hour that has come', async () => {
    const [quiet] = await pendingBills(1);
    await change(quiet, `send_status = 'IN_QUIET_HOUR', next_attempt_at = '${noon}'`);
    expect(await park(1)).toEqual({ parked: 1, remaining: 0 });
    expect(await billRow(billing, quiet)).toMatchObject({ ...parked, next_attempt_at: null });
  });

  it('is one under way, whose attempt ends as unknown and whose late answer still counts', async () => {
    const [bill] = await pendingBills(1);
    const send = await claimed(bill);
    expect(await park(1)).toEqual({ parked: 1, remaining: 0 });
    expect(await billRow(billing, bill)).toMatchObject({ ...parked, send_token: send.claimed?.token, attempts: 1 });
    expect(await attempts()).toEqual([{ number: 1, channel: 'EMAIL', ...doubted }]);
    await billing.ports.bills.record([sent(send, '250 late')]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED' });
  });

  it('is an SMS that was asked for, or that somebody held, which keeps its key', async () => {
    const [asked, held] = await pendingBills(2);
    if (held === undefined) throw new Error('two were expected');
    for (const bill of [asked, held]) {
      await billing.ports.bills.record([refused(await claimed(bill), new WeirError('refused', '550'))]);
      const which = { publicInfoId: bill.publicInfoId, billingDate: undefined };
      await billing.database.withTransaction((transaction) => billing.ports.operations.requestText(transaction, which));
    }
    await change(held, `text_not_before = NULL, text_not_after = '2026-11-16T03:00:00Z'`);
    const keys = async (): Promise<unknown> => [
      (await billRow(billing, asked))?.['send_token'],
      (await billRow(billing, held))?.['send_token'],
    ];
    const before = await keys();
    expect(await park(2)).toEqual({ parked: 2, remaining: 0 });
    expect(await keys()).toEqual(before);
    expect(await billRow(billing, held)).toMatchObject({ ...parked, attempts: 2 });
    expect(await attempts()).toMatchObject([{}, { number: 2, channel: 'SMS', ...doubted }, {}, { number: 2, channel: 'SMS', ...doubted }]);
  });

  it('keeps in its attempt that somebody had asked for it in spite of its quiet hours', async () => {
    const [bill] = await pendingBills(1);
    await change(bill, 'quiet_override = true');
    await park(1);
    expect(await billing.database.query('SELECT is_forced FROM billing.send_attempt')).toEqual([{ is_forced: true }]);
  });

  it('is parked once, whoever says so at the same time', async () => {
    await pendingBills(5);
    const parks = Promise.withResolvers<DoubtedBills>();
    await billing.database.withTransaction(async (transaction) => {
      const selection = { until: new Date(noon), expected: 5 };
      expect(await billing.ports.restored.parkDoubtful(transaction, selection)).toEqual({ parked: 5, remaining: 0 });
      parks.resolve(park(5));
      await until('the other waits', async () => (await lockWaits(billing.database)) > 0);
    });
    expect(await parks.promise).toEqual({ parked: 0, remaining: 0 });
    expect(await attempts()).toHaveLength(5);
  });

  it('is resolved as any parked bill is', async () => {
    const bills = await pendingBills(2);
    await park(2);
    const resolve = (bill: DispatchedBill, how: 'sent' | 'resend'): Promise<unknown> =>
      billing.database.withTransaction((transaction) => billing.ports.operations.resolve(transaction, { billIds: [bill.billId] }, how));
    const [first, second] = bills;
    await resolve(first, 'sent');
    expect(await billRow(billing, first)).toMatchObject({ send_status: 'COMPLETED', sent_channel: 'EMAIL' });
    if (second === undefined) throw new Error('two were expected');
    await resolve(second, 'resend');
    expect((await claimed(second)).claimed).toMatchObject({ attempt: 2 });
  });
});

describe('after a restore, a bill is left alone', () => {
  it('that was not due by then, in any state that waits', async () => {
    const [quiet, later] = await pendingBills(2);
    if (later === undefined) throw new Error('two were expected');
    await change(quiet, `send_status = 'IN_QUIET_HOUR', next_attempt_at = '2026-11-15T03:00:01Z'`);
    await change(later, `next_attempt_at = '2026-11-15T03:00:01Z'`);
    expect(await refusalOf(park(2))).toBe('refused: 0 bills may have been sent by then, not the expected 2: nothing was done.');
    await emptied(billing);
    await settled(billing, 1);
    billing.setNow(noon);
    // A second before the 15th begins in Seoul.
    expect(await refusalOf(park(1, '2026-11-14T14:59:59Z'))).toMatch(/^refused: 0 bills/);
  });

  it('that was sent, was refused, or is parked already', async () => {
    const [first, second, third] = await pendingBills(3);
    if (second === undefined || third === undefined) throw new Error('three were expected');
    await billing.ports.bills.record([sent(await claimed(first), '250'), refused(await claimed(second), new WeirError('refused', '550'))]);
    expect(await park(1)).toEqual({ parked: 1, remaining: 0 });
    expect(await refusalOf(park(1))).toMatch(/^refused: 0 bills/);
    expect(await billRow(billing, first)).toMatchObject({ send_status: 'COMPLETED' });
    expect(await billRow(billing, second)).toMatchObject({ send_status: 'FAILED' });
    expect(await billRow(billing, third)).toMatchObject(parked);
  });

  it('when there are not as many as expected, or the time has not come', async () => {
    const [bill] = await pendingBills(1);
    expect(await refusalOf(park(2))).toBe('refused: 1 bills may have been sent by then, not the expected 2: nothing was done.');
    expect(await refusalOf(park(1, '2026-11-15T03:00:01Z'))).toMatch(/^refused: 2026-11-15T03:00:01.000Z has not come/);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SEND_PENDING', attempts: 0 });
    expect(await attempts()).toEqual([]);
  });
});

describe('after a restore, nothing is parked', () => {
  const refusal =
    'refused: The bills of 2026-11 are not all there, and may have been sent: weir run --job billing.settle --key 2026-11 first.';

  it('while a month that was due by then is not settled', async () => {
    await billing.members.insertMembers([aNewMember()]);
    await billing.members.insertUsage([aUsage()]);
    billing.setNow(noon);
    expect(await refusalOf(park(1))).toBe(refusal);
    // A second before its first bills are mailed, nothing of it can have been sent.
    expect(await refusalOf(park(1, '2026-11-14T14:59:59Z'))).toMatch(/^refused: 0 bills/);
    await billing.run('billing.settle', '2026-11');
    expect(await park(1)).toEqual({ parked: 1, remaining: 0 });
  });

  it('while the settlement of one is under way', async () => {
    await pendingBills(2);
    await billing.database.execute("UPDATE weir.job_run SET status = 'OPEN', finished_at = NULL WHERE job = 'billing.settle'");
    expect(await refusalOf(park(2))).toBe(refusal);
  });
});

describe('more bills than one transaction takes', () => {
  it('are parked, and resolved, in several calls', async () => {
    const bills = mostDoubted + 1;
    await settled(billing);
    await billing.database.execute({
      text: `
        INSERT INTO billing.billing_p (id, billing_date, public_info_id, send_on, usage_id, billing_fee, billing_details)
        SELECT number, billing_date, 10000 + number, send_on, usage_id, billing_fee, billing_details
        FROM billing.billing_p, generate_series(1, $1::int - 1) AS number`,
      values: [bills],
    });
    await billing.database.execute('ANALYZE billing.billing_p');
    billing.setNow(noon);
    expect(await park(bills)).toEqual({ parked: mostDoubted, remaining: 1 });
    expect(await park(1)).toEqual({ parked: 1, remaining: 0 });
    const resolve = (how: Resolution, expected: number): Promise<{ readonly remaining: number }> =>
      billing.database.withTransaction((transaction) =>
        billing.ports.operations.resolve(transaction, { billingDate: '2026-11-01', expected }, how),
      );
    expect(await refusalOf(resolve('sent', bills - 1))).toMatch(
      /^refused: 50001 bills are parked .*, not the expected 50000: look again\.$/,
    );
    let left = bills;
    for (const how of resolutions) {
      expect(await resolve(how, left)).toMatchObject({ remaining: left - mostResolved });
      left -= mostResolved;
    }
    const states = await billing.database.query(
      'SELECT send_status, count(*)::int AS bills FROM billing.billing_p GROUP BY send_status ORDER BY send_status',
    );
    expect(states).toEqual([
      { send_status: 'COMPLETED', bills: mostResolved },
      { send_status: 'FAILED', bills: mostResolved },
      { send_status: 'SENDING', bills: left },
      { send_status: 'SEND_PENDING', bills: mostResolved },
    ]);
  });
});
