import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBilling, emptied, settled, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

const claimedBy = `send_token = 1, lease_owner = 'x', lease_until = now()`;

describe('the table of bills', () => {
  it.each([
    ['a date within the month', `billing_date = '2026-11-02'`, 'billing_date_first_of_month'],
    ['a day of sending before the settlement', `send_on = '2026-10-31'`, 'billing_send_on_after_settlement'],
    ['a negative fee', `billing_fee = -1, billing_details = '{"finalAmount": -1}'`, 'billing_fee_is_final_amount'],
    ['a fee that its details deny', `billing_fee = 1`, 'billing_fee_is_final_amount'],
    ['details without a final amount', `billing_details = '{}'`, 'billing_fee_is_final_amount'],
    ['PAID without a date', `status = 'PAID'`, 'billing_paid_has_date'],
    ['UNPAID with a date', `paid_date = now()`, 'billing_paid_has_date'],
    ['a status nobody knows', `send_status = 'SENT'`, 'billing_send_status'],
    ['SEND_PENDING since never', `send_status = 'SEND_PENDING'`, 'billing_pending_has_since'],
    ['IN_QUIET_HOUR without its time', `send_status = 'IN_QUIET_HOUR'`, 'billing_quiet_has_time'],
    ['a next time of what does not wait', `next_attempt_at = now()`, 'billing_only_waiting_has_time'],
    ['SENDING without a token', `send_status = 'SENDING', lease_owner = 'x', lease_until = now()`, 'billing_sending_has_token'],
    ['a token of what is not SENDING', `send_token = 1`, 'billing_sending_has_token'],
    ['SENDING without lease and reason', `send_status = 'SENDING', send_token = 1`, 'billing_sending_has_lease_or_reason'],
    ['SENDING with lease and reason', `send_status = 'SENDING', ${claimedBy}, park_reason = 'x'`, 'billing_sending_has_lease_or_reason'],
    ['a park reason of what is not SENDING', `park_reason = 'x'`, 'billing_sending_has_lease_or_reason'],
    ['a lease without its owner', `send_status = 'SENDING', send_token = 1, lease_until = now()`, 'billing_lease_has_owner'],
    [
      'a time before which a mail in hand is not sent as SMS',
      `send_status = 'SENDING', ${claimedBy}, text_not_before = now()`,
      'billing_only_waiting_text_has_not_before',
    ],
    ['a time after which an SMS that nobody has asked for is not sent', `text_not_after = now()`, 'billing_only_held_text_has_not_after'],
    ['COMPLETED without a channel', `send_status = 'COMPLETED'`, 'billing_completed_has_channel'],
    ['a channel of what is not COMPLETED', `sent_channel = 'EMAIL'`, 'billing_completed_has_channel'],
    ['a channel nobody knows', `send_status = 'COMPLETED', sent_channel = 'FAX'`, 'billing_channel'],
    ['FAILED without a code', `send_status = 'FAILED'`, 'billing_failed_has_code'],
    ['a code of what is not FAILED', `fail_code = 'refused'`, 'billing_failed_has_code'],
  ])('refuses %s', async (_what, change, constraint) => {
    await settled(billing);
    await expect(billing.database.execute(`UPDATE billing.billing_p SET ${change}`)).rejects.toMatchObject({
      code: 'constraint',
      message: expect.stringContaining(`constraint ${constraint}`) as string,
    });
  });

  it('refuses a second bill of a member and month, under whatever id', async () => {
    await settled(billing);
    await expect(
      billing.database.execute(`
        INSERT INTO billing.billing_p (id, billing_date, public_info_id, send_on, usage_id, billing_fee, billing_details)
        SELECT id + 1, billing_date, public_info_id, send_on, usage_id, billing_fee, billing_details FROM billing.billing_p`),
    ).rejects.toMatchObject({ code: 'constraint', message: expect.stringContaining('public_info_id_billing_date') as string });
  });
});

describe('the ledger of sends', () => {
  const attempt = (id: number, number: number, rest: string): Promise<number> =>
    billing.database.execute(`
      INSERT INTO billing.send_attempt (id, billing_id, billing_date, number, channel, is_forced, instance, started_at, ended_at, result)
      VALUES (${id}, 7, '2026-11-01', ${number}, 'EMAIL', ${rest})`);
  const open = `false, 'x', now(), NULL, NULL`;
  const success = `false, 'x', now(), now(), 'SENT'`;

  it.each([
    ['two open sends of a bill', 2, open, open, 'send_attempt_one_open'],
    ['two sends of one number', 1, success, open, 'send_attempt_number'],
    ['two successes that nobody forced', 2, success, success, 'send_attempt_one_unforced_success'],
    ['an end without a result', 2, success, `false, 'x', now(), now(), NULL`, 'send_attempt_ended_has_result'],
    ['a result without an end', 2, success, `false, 'x', now(), NULL, 'SENT'`, 'send_attempt_ended_has_result'],
    ['a number below one', 0, success, open, 'send_attempt_counts_from_one'],
  ])('refuses %s', async (_what, number, first, second, constraint) => {
    await attempt(1, 1, first);
    await expect(attempt(2, number, second)).rejects.toMatchObject({
      code: 'constraint',
      message: expect.stringContaining(`constraint ${constraint}`) as string,
    });
  });

  it('takes a success that a person forced beside one that nobody did', async () => {
    await attempt(1, 1, success);
    expect(await attempt(2, 2, `true, 'x', now(), now(), 'SENT'`)).toBe(1);
  });

  it('takes one failure an attempt, and one of each origin', async () => {
    await attempt(1, 1, success);
    const log = (id: number, attemptId: string, origin: string): Promise<number> =>
      billing.database.execute(`
        INSERT INTO billing.email_fail_log (id, attempt_id, parse_status, code, error, origin, failed_at)
        VALUES (${id}, ${attemptId}, 'FAIL', 'undecodable', 'x', ${origin}, now())`);
    await log(1, '1', `'a/1'`);
    await expect(log(2, '1', `'a/2'`)).rejects.toMatchObject({ code: 'constraint' });
    await expect(log(2, 'NULL', `'a/1'`)).rejects.toMatchObject({ code: 'constraint' });
    await expect(log(2, 'NULL', 'NULL')).rejects.toMatchObject({ code: 'constraint' });
    expect(await log(2, 'NULL', `'a/2'`)).toBe(1);
  });
});

describe('personal data', () => {
  it('stands encrypted in the table', async () => {
    await settled(billing);
    const [row] = await billing.database.query<{ all: string }>('SELECT member::text AS all FROM billing.member');
    expect(row?.all).not.toMatch(/길동|gildong|1234-5678/);
  });
});
