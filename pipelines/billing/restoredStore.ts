import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { seoulDay } from '../shared/seoulTime.ts';

/** What may have been sent although the database, restored to an earlier moment, does not know it. */
export interface DoubtfulSelection {
  /** When the last process that worked on the lost database ended. */
  readonly until: Date;
  /** How many bills there are, as the person who decides has seen it. */
  readonly expected: number;
}

/** What became of them. */
export interface DoubtedBills {
  readonly parked: number;
  /** Those that are left for another call. */
  readonly remaining: number;
}

/** Bills of one transaction at most: it is over in seconds. */
export const mostDoubted = 50_000;

/** Parks bills after a restore. */
export interface RestoredStore {
  /**
   * Every bill that was due by `until` and is neither sent, failed nor parked → parked, its attempt UNKNOWN: one that was under way
   * keeps its token, any other gets an attempt of its own. All, or the first so many. `refused`, and nothing is done, when there are
   * not as many as expected, when `until` has not come, or while a month that was due by then is not settled: its bills may have been
   * sent too, and are not there to be parked.
   */
  parkDoubtful(transaction: Transaction, selection: DoubtfulSelection): Promise<DoubtedBills>;
}

export interface RestoredStoreOptions {
  /** Calendar time. */
  readonly now: () => Date;
  readonly identifiers: Identifiers;
  /** The name of this process, for people. */
  readonly instance: string;
}

export function restoredStore({ now, identifiers, instance }: RestoredStoreOptions): RestoredStore {
  const parkOfMonth = async (transaction: Transaction, month: string, due: readonly unknown[], limit: number): Promise<number> => {
    const bills = await transaction.query<DoubtfulRow>({ text: lock, values: [...due, month, limit] });
    const tokens = bills.map(({ send_token }) => send_token ?? identifiers.next());
    const ids = bills.map(({ id }) => id);
    await transaction.execute({ text: close, values: [tokens, now(), wasRestored] });
    await transaction.execute({ text: open, values: [ids, month, tokens, now(), wasRestored, instance] });
    return transaction.execute({ text: park, values: [ids, month, tokens, wasRestored] });
  };
  return {
    parkDoubtful: async (transaction, { until, expected }) => {
      if (until > now()) throw new WeirError('refused', `${until.toISOString()} has not come: bills that were not due were not sent.`);
      const due = [until, seoulDay(until)];
      const [unsettled] = await transaction.query<{ month: string }>({ text: unsettledMonth, values: [seoulDay(until)] });
      if (unsettled !== undefined) {
        const settle = `weir run --job billing.settle --key ${unsettled.month}`;
        throw new WeirError('refused', `The bills of ${unsettled.month} are not all there, and may have been sent: ${settle} first.`);
      }
      const countAll = async (): Promise<number> =>
        (await transaction.query<{ bills: number }>({ text: count, values: due }))[0]?.bills ?? 0;
      const bills = await countAll();
      if (bills !== expected) {
        throw new WeirError('refused', `${bills} bills may have been sent by then, not the expected ${expected}: nothing was done.`);
      }
      let parked = 0;
      for (const { month } of await transaction.query<{ month: string }>(months)) {
        if (parked < mostDoubted) parked += await parkOfMonth(transaction, month, due, mostDoubted - parked);
      }
      return { parked, remaining: await countAll() };
    },
  };
}

/** For the person who decides. */
const wasRestored = 'the database was restored';

interface DoubtfulRow {
  readonly id: bigint;
  readonly send_token: bigint | null;
}

// The states first, so that the index of states serves: of old months hardly a bill is in one of them.
const doubtful = `bill.send_status IN ('CREATED', 'SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING') AND CASE bill.send_status
    WHEN 'CREATED' THEN bill.send_on <= $2::date
    WHEN 'SENDING' THEN bill.park_reason IS NULL
    ELSE coalesce(bill.next_attempt_at <= $1::timestamptz, true) END`;

const count = `SELECT count(*)::int AS bills FROM billing.billing_p AS bill WHERE ${doubtful}`;

const months = `SELECT period AS month FROM billing.billing_period ORDER BY period`;

// Usage of a month goes on the bills of the next, which are mailed from its 15th.
const unsettledMonth = `
  SELECT to_char(month, 'YYYY-MM') AS month
  FROM billing.billing_period AS used CROSS JOIN LATERAL (SELECT used.period + interval '1 month' AS month) AS billed
  WHERE month + interval '14 days' <= $1::date AND (
    used.closed_at IS NULL AND EXISTS (SELECT FROM billing.usage WHERE usage.period = used.period)
    OR EXISTS (SELECT FROM weir.job_run WHERE job = 'billing.settle' AND key = to_char(month, 'YYYY-MM') AND status <> 'COMPLETED'))
  ORDER BY month LIMIT 1`;

const lock = `
  SELECT id, send_token FROM billing.billing_p AS bill
  WHERE billing_date = $3::timestamp AND ${doubtful} ORDER BY id LIMIT $4 FOR UPDATE`;

const close = `
  UPDATE billing.send_attempt SET ended_at = $2, result = 'UNKNOWN', response = $3 WHERE id = ANY ($1::bigint[])`;

const open = `
  INSERT INTO billing.send_attempt
    (id, billing_id, billing_date, number, channel, is_forced, instance, started_at, ended_at, result, response)
  SELECT given.token, bill.id, bill.billing_date, bill.attempts + 1, 'EMAIL', bill.quiet_override, $6, $4, $4, 'UNKNOWN', $5
  FROM unnest($1::bigint[], $3::bigint[]) AS given (id, token) JOIN billing.billing_p AS bill USING (id)
  WHERE bill.billing_date = $2::timestamp AND bill.send_token IS NULL`;

const park = `
  UPDATE billing.billing_p AS bill
  SET send_status = 'SENDING', send_token = given.token, park_reason = $4, lease_owner = NULL, lease_until = NULL,
    text_not_before = NULL, text_not_after = NULL, next_attempt_at = NULL,
    attempts = bill.attempts + CASE WHEN bill.send_token IS NULL THEN 1 ELSE 0 END
  FROM unnest($1::bigint[], $3::bigint[]) AS given (id, token)
  WHERE bill.id = given.id AND bill.billing_date = $2::timestamp`;
