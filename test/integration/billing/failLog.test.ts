import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFailedMail, type FailedMail } from '../../../pipelines/billing/failedMail.ts';
import { encodeDispatchedBill, type DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { refused } from '../../../pipelines/billing/delivery.ts';
import { WeirError } from '../../../src/errors.ts';
import { Decision } from '../../../src/message/decision.ts';
import { aBilling, emptied, pending, sendable, type Billing } from './aBilling.ts';

const diedAt = new Date('2026-11-15T01:00:00Z');
let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

async function one(): Promise<DispatchedBill> {
  const [bill] = await pending(billing);
  if (bill === undefined) throw new Error('no bill was made');
  return bill;
}

/** Claims a bill and records that the mail server refused it. */
async function refuse(bill: DispatchedBill, text: string): Promise<void> {
  const [send] = await billing.ports.bills.claim([sendable(bill)], 60_000);
  if (send === undefined || Decision.is(send)) throw new Error('not claimed');
  await billing.ports.bills.record([refused(send, new WeirError('refused', text))]);
}

function letterOf(bill: DispatchedBill | string, position: string): FailedMail {
  const original = typeof bill === 'string' ? Buffer.from(bill) : encodeDispatchedBill(bill);
  const place = { partition: 'queuing.billing.email.send/0', position };
  const reason = { pipeline: 'billing.deliver', stage: 'record', code: 'refused', text: 'permanent: refused', attempts: 1, diedAt };
  return readFailedMail({ original, key: '1001', headers: new Map(), ...place, ...reason });
}

const rows = (): Promise<readonly Record<string, unknown>[]> =>
  billing.database.query(`
    SELECT attempt_id IS NOT NULL AS has_attempt, billing_id, public_info_id, parse_status, code, error, origin, payload
    FROM billing.email_fail_log ORDER BY id`);

describe('the log of failed mails', () => {
  it('completes the row that was written with the refusal, and keeps what the mail server said', async () => {
    const bill = await one();
    await refuse(bill, 'it answered 550');
    await billing.ports.failures.log([letterOf(bill, '1-0')]);
    expect(await rows()).toEqual([
      {
        has_attempt: true,
        billing_id: bill.billId,
        public_info_id: 1_001n,
        parse_status: 'SUCCESS',
        code: 'refused',
        error: 'it answered 550',
        origin: 'queuing.billing.email.send/0 1-0',
        payload: Buffer.from(encodeDispatchedBill(bill)).toString(),
      },
    ]);
  });

  it('is changed by a letter once, also when it comes twice in a chunk', async () => {
    const bill = await one();
    await refuse(bill, '550');
    const letters = [letterOf(bill, '1-0'), letterOf(bill, '1-0'), letterOf('?', '2-0'), letterOf('?', '2-0')];
    await billing.ports.failures.log(letters);
    const before = await rows();
    expect(before).toHaveLength(2);
    await billing.ports.failures.log(letters);
    expect(await rows()).toEqual(before);
  });

  it('is not changed by a letter that comes again after its bill was refused once more: that row waits for its own', async () => {
    const bill = await one();
    await refuse(bill, 'first');
    await billing.ports.failures.log([letterOf(bill, '1-0')]);
    await billing.database.execute(
      `UPDATE billing.billing_p SET send_status = 'SEND_PENDING', pending_since = now(), fail_code = NULL, quiet_override = true`,
    );
    await refuse(bill, 'second');
    await billing.ports.failures.log([letterOf(bill, '1-0')]);
    expect(await rows()).toMatchObject([
      { error: 'first', origin: 'queuing.billing.email.send/0 1-0' },
      { error: 'second', origin: null },
    ]);
    await billing.ports.failures.log([letterOf(bill, '2-0')]);
    expect(await rows()).toMatchObject([{ error: 'first' }, { error: 'second', origin: 'queuing.billing.email.send/0 2-0' }]);
  });

  it('gives a second letter of the same bill a row of its own', async () => {
    const bill = await one();
    await refuse(bill, '550');
    await billing.ports.failures.log([letterOf(bill, '1-0'), letterOf(bill, '2-0')]);
    expect(await rows()).toMatchObject([
      { has_attempt: true, origin: 'queuing.billing.email.send/0 1-0' },
      { has_attempt: false, origin: 'queuing.billing.email.send/0 2-0', billing_id: bill.billId, parse_status: 'SUCCESS' },
    ]);
  });

  it('completes the row of a bill whose message stands where another was: its topic was removed and made anew', async () => {
    const bill = await one();
    const before = [letterOf({ ...bill, billId: 5n }, '1-0'), letterOf('?', '2-0')];
    await billing.ports.failures.log(before);
    await refuse(bill, '550');
    const after = [letterOf(bill, '1-0'), letterOf('!', '2-0')];
    await billing.ports.failures.log(after);
    const all = await rows();
    const hashed = (place: string): string => expect.stringMatching(`^queuing.billing.email.send/0 ${place} [0-9a-f]{16}$`) as string;
    expect(all).toMatchObject([
      { billing_id: 5n, origin: 'queuing.billing.email.send/0 1-0' },
      { parse_status: 'FAIL', payload: '?', origin: 'queuing.billing.email.send/0 2-0' },
      { billing_id: bill.billId, has_attempt: true, error: '550', origin: hashed('1-0') },
      { parse_status: 'FAIL', payload: '!', origin: hashed('2-0') },
    ]);
    // Each is logged once, however often it comes, and together with the one that had its place.
    for (const letters of [after, before, [...after, ...before, ...after]]) await billing.ports.failures.log(letters);
    expect(await rows()).toEqual(all);
  });

  it('tells two messages that had one place apart when they come in one chunk', async () => {
    const letters = [letterOf('?', '1-0'), letterOf('!', '1-0'), letterOf('?', '1-0')];
    await billing.ports.failures.log(letters);
    const all = await rows();
    expect(all).toMatchObject([{ payload: '?' }, { payload: '!' }]);
    await billing.ports.failures.log(letters);
    expect(await rows()).toEqual(all);
  });

  it('completes the refusals of a bill that was sent twice in their order', async () => {
    const bill = await one();
    await refuse(bill, 'first');
    await billing.database.execute(
      `UPDATE billing.billing_p SET send_status = 'SEND_PENDING', pending_since = now(), fail_code = NULL, quiet_override = true`,
    );
    await refuse(bill, 'second');
    await billing.ports.failures.log([letterOf(bill, '1-0'), letterOf(bill, '2-0')]);
    expect(await rows()).toMatchObject([
      { error: 'first', origin: 'queuing.billing.email.send/0 1-0' },
      { error: 'second', origin: 'queuing.billing.email.send/0 2-0' },
    ]);
  });

  it.each([
    ['an SMS', `channel = 'SMS'`],
    ['a bill that a person closed', `code = 'closedAsFailed'`],
  ])('leaves the row of %s alone: the letter belongs to a mail that was refused later', async (_what, change) => {
    const bill = await one();
    await refuse(bill, 'first');
    await billing.database.execute(`UPDATE billing.send_attempt SET ${change}`);
    await billing.database.execute(
      `UPDATE billing.billing_p SET send_status = 'SEND_PENDING', pending_since = now(), fail_code = NULL, quiet_override = true`,
    );
    await refuse(bill, 'second');
    await billing.ports.failures.log([letterOf(bill, '1-0')]);
    expect(await rows()).toMatchObject([
      { error: 'first', origin: null },
      { error: 'second', origin: 'queuing.billing.email.send/0 1-0' },
    ]);
  });

  it('is not written for a bill that has failed and whose letter is logged, when its message comes again', async () => {
    const bill = await one();
    await refuse(bill, '550');
    const claim = (): Promise<string> =>
      billing.ports.bills.claim([sendable(bill)], 60_000).then(([answer]) => (answer as Decision).outcome);
    expect(await claim()).toBe('dead');
    await billing.ports.failures.log([letterOf(bill, '1-0')]);
    expect(await claim()).toBe('skipped');
  });

  it('holds a message that nobody can read, and one of a bill that is not there', async () => {
    const bill = await one();
    await billing.ports.failures.log([letterOf('{"version":1}', '1-0'), letterOf({ ...bill, billId: 5n }, '2-0')]);
    expect(await rows()).toMatchObject([
      { parse_status: 'FAIL', billing_id: null, payload: '{"version":1}' },
      { parse_status: 'SUCCESS', billing_id: 5n },
    ]);
  });
});
