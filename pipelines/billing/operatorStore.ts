import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { billName, requireFailed, requireForcible, requireParked, type OperatedBill, type Resolution } from './operatedBill.ts';
import { countParked, lockBillOf, lockBills, lockParked, type BillOfMember } from './operatedBillStore.ts';

/** Which parked bills a person decides about. */
export type ParkedSelection =
  | { readonly billIds: readonly bigint[] }
  | {
      /** First day of the billing month, `YYYY-MM-DD`; undefined: of all. */
      readonly billingDate: string | undefined;
      /** How many the person has seen: with another number nothing is done. */
      readonly expected: number;
    };

/** What was decided. */
export interface ResolvedBills {
  readonly bills: readonly OperatedBill[];
  /** Those of the selection that are left for another call. */
  readonly remaining: number;
}

/**
 * What operators do to bills, each in the transaction that also holds its audit. The rows say what is to be done; whoever publishes
 * reads it there after the commit.
 */
export interface OperatorStore {
  /** Any state but COMPLETED and a live SENDING → SEND_PENDING, due at once, whatever the member's quiet hours. `refused` else. */
  force(transaction: Transaction, which: BillOfMember): Promise<OperatedBill>;
  /**
   * FAILED → SENDING as SMS, under a token of its own that is also its key at the endpoint; nobody holds it yet, so its lease never
   * runs out, and it is due at once. `refused` for any other state.
   */
  requestText(transaction: Transaction, which: BillOfMember): Promise<OperatedBill>;
  /**
   * Parked bills → SEND_PENDING (`resend`; an SMS is asked for again under its old key), COMPLETED (`sent`) or FAILED with its row in
   * the fail log (`failed`). Of named ones all or none: `refused` when one of them is not parked any more. Of a month all, or the first
   * so many; `refused`, and nothing is done, when there are not as many as expected.
   */
  resolve(transaction: Transaction, selection: ParkedSelection, how: Resolution): Promise<ResolvedBills>;
}

export interface OperatorStoreOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
  /** The name of this process, for people. */
  readonly instance: string;
}

/** Bills that are resolved in one transaction at most: it is over in seconds. A crash parks a few dozen, a restore a month. */
export const mostResolved = 10_000;

/** What operators do, on a database. */
export function operatorStore({ now, identifiers, instance }: OperatorStoreOptions): OperatorStore {
  return {
    force: async (transaction, which) => {
      const bill = await lockBillOf(transaction, which);
      requireForcible(bill);
      await transaction.execute({ text: closeAbandoned, values: [[bill.billId], [bill.billingDate], now()] });
      await transaction.execute({ text: force, values: [bill.billId, bill.billingDate, now()] });
      return bill;
    },
    requestText: async (transaction, which) => {
      const bill = await lockBillOf(transaction, which);
      requireFailed(bill);
      await transaction.execute({
        text: requestText,
        values: [bill.billId, bill.billingDate, identifiers.next(), requested, instance, now()],
      });
      return bill;
    },
    resolve: async (transaction, selection, how) => {
      const selected = await select(transaction, selection);
      selected.bills.forEach(requireParked);
      await transaction.execute(statementOf(selected.bills, how, now(), identifiers));
      return selected;
    },
  };
}

/** Holder of an SMS that nobody has taken: it waits to be published, with a lease that never runs out. */
export const requested = 'requested';

async function select(transaction: Transaction, selection: ParkedSelection): Promise<ResolvedBills> {
  if ('billIds' in selection) {
    const bills = await lockBills(transaction, selection.billIds);
    const known = new Set(bills.map(({ billId }) => billId));
    const missing = selection.billIds.filter((billId) => !known.has(billId));
    if (missing.length > 0) throw new WeirError('notFound', `There is no bill ${missing.slice(0, 5).join(', ')}.`);
    return { bills, remaining: 0 };
  }
  const bills = await lockParked(transaction, { ...selection, limit: mostResolved });
  // Counted after they are locked: what was parked in between makes the number another one.
  const inAll = bills.length < mostResolved ? bills.length : await countParked(transaction, selection);
  if (inAll === selection.expected) return { bills, remaining: inAll - bills.length };
  const examples = bills.slice(0, 3).map(billName).join(', ');
  throw new WeirError('refused', `${inAll} bills are parked (${examples}), not the expected ${selection.expected}: look again.`);
}

function statementOf(
  bills: readonly OperatedBill[],
  how: Resolution,
  now: Date,
  identifiers: Identifiers,
): { text: string; values: unknown[] } {
  const keys = [bills.map(({ billId }) => billId), [...new Set(bills.map(({ billingDate }) => billingDate))]];
  switch (how) {
    case 'resend':
      return { text: resend, values: [...keys, now, requested] };
    case 'sent':
      return { text: closeAsSent, values: keys };
    case 'failed':
      return { text: closeAsFailed, values: [...keys, now, bills.map(() => identifiers.next())] };
  }
}

// A holder whose lease ran out: its attempt ends as unknown, as when it is parked.
const closeAbandoned = `
  UPDATE billing.send_attempt AS attempt SET ended_at = $3, result = 'UNKNOWN', response = 'the lease ran out'
  FROM billing.billing_p AS bill
  WHERE bill.id = ANY ($1::bigint[]) AND bill.billing_date = ANY ($2::timestamp[]) AND attempt.id = bill.send_token
    AND attempt.result IS NULL`;

const force = `
  UPDATE billing.billing_p SET send_status = 'SEND_PENDING', pending_since = $3, next_attempt_at = $3, quiet_override = true,
    send_token = NULL, lease_owner = NULL, lease_until = NULL, text_not_after = NULL, park_reason = NULL, fail_code = NULL
  WHERE id = $1 AND billing_date = $2::timestamp`;

const requestText = `
  WITH moved AS (
    UPDATE billing.billing_p SET send_status = 'SENDING', send_token = $3, lease_owner = $4, lease_until = 'infinity',
      pending_since = $6, text_not_before = $6, fail_code = NULL, attempts = attempts + 1
    WHERE id = $1 AND billing_date = $2::timestamp
    RETURNING id, billing_date, attempts
  )
  INSERT INTO billing.send_attempt (id, billing_id, billing_date, number, channel, is_forced, instance, started_at)
  SELECT $3, id, billing_date, attempts, 'SMS', true, $5, $6 FROM moved`;

const parked = `
  WITH parked AS (
    SELECT id, billing_date, public_info_id, send_token, park_reason FROM billing.billing_p
    WHERE id = ANY ($1::bigint[]) AND billing_date = ANY ($2::timestamp[]) AND park_reason IS NOT NULL
  ),`;

/** A parked bill, as the statement that changes its attempt hands it on: joined once more, 10,000 bills would be compared with 10,000. */
const ofParked = 'attempt.channel, parked.id AS bill_id, parked.billing_date';

const here = `bill.id = bill_id AND bill.billing_date = decided.billing_date AND bill.billing_date = ANY ($2::timestamp[])`;

const resend = `${parked}
  decided AS (
    UPDATE billing.send_attempt AS attempt
    SET code = CASE channel WHEN 'EMAIL' THEN 'resent' END,
      ended_at = CASE channel WHEN 'EMAIL' THEN ended_at END, result = CASE channel WHEN 'EMAIL' THEN result END,
      response = CASE channel WHEN 'EMAIL' THEN response END
    FROM parked WHERE attempt.id = parked.send_token
    RETURNING ${ofParked}, attempt.channel = 'SMS' AS is_text
  )
  UPDATE billing.billing_p AS bill
  SET send_status = CASE WHEN is_text THEN 'SENDING' ELSE 'SEND_PENDING' END,
    pending_since = $3, next_attempt_at = CASE WHEN is_text THEN NULL ELSE $3::timestamptz END,
    text_not_before = CASE WHEN is_text THEN $3::timestamptz END,
    send_token = CASE WHEN is_text THEN bill.send_token END, lease_owner = CASE WHEN is_text THEN $4 END,
    lease_until = CASE WHEN is_text THEN 'infinity'::timestamptz END, park_reason = NULL
  FROM decided WHERE ${here}`;

// The ledger keeps that nobody knew, and what a person decided then; a late answer still corrects it.
function decided(what: string): string {
  return `
  decided AS (
    UPDATE billing.send_attempt AS attempt SET code = '${what}' FROM parked WHERE attempt.id = parked.send_token
    RETURNING ${ofParked}
  )`;
}

const closeAsSent = `${parked}${decided('closedAsSent')}
  UPDATE billing.billing_p AS bill SET send_status = 'COMPLETED', sent_channel = decided.channel, send_token = NULL, park_reason = NULL
  FROM decided WHERE ${here}`;

const closeAsFailed = `${parked}${decided('closedAsFailed')}, logged AS (
    INSERT INTO billing.email_fail_log (id, attempt_id, billing_id, billing_date, public_info_id, parse_status, code, error, failed_at)
    SELECT ($4::bigint[])[row_number() OVER (ORDER BY id)], send_token, id, billing_date, public_info_id, 'SUCCESS', 'outcomeUnknown', park_reason, $3
    FROM parked
  )
  UPDATE billing.billing_p AS bill SET send_status = 'FAILED', fail_code = 'outcomeUnknown', send_token = NULL, park_reason = NULL
  FROM decided WHERE ${here}`;
