import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import { seoulDay } from './seoulTime.ts';

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
   * keeps its token, any other gets an attempt of its own. All, or the first so many; `refused`, and nothing is done, when there are
   * not as many as expected, or when `until` has not come.
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
  return {
    parkDoubtful: async (transaction, { until, expected }) => {
      const asOf = now();
      if (until > asOf) throw new WeirError('refused', `${until.toISOString()} has not come: bills that were not due were not sent.`);
      const due = [until, seoulDay(until)];
      const [found] = await transaction.query<{ bills: number }>({ text: count, values: due });
      const bills = found?.bills ?? 0;
      if (bills !== expected) {
        throw new WeirError('refused', `${bills} bills may have been sent by then, not the expected ${expected}: nothing was done.`);
      }
      const fresh = Array.from({ length: Math.min(bills, mostDoubted) }, () => identifiers.next());
      const parked = await transaction.execute({ text: park, values: [...due, fresh, asOf, instance, wasRestored] });
      return { parked, remaining: bills - parked };
    },
  };
}

/** For the person who decides. */
const wasRestored = 'the database was restored';

const doubtful = `bill.send_status IN ('CREATED', 'SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING') AND CASE bill.send_status
    WHEN 'CREATED' THEN bill.send_on <= $2::date
    WHEN 'SENDING' THEN bill.park_reason IS NULL
    ELSE coalesce(bill.next_attempt_at <= $1::timestamptz, true) END`;

const count = `SELECT count(*)::int AS bills FROM billing.billing_p AS bill WHERE ${doubtful}`;

const park = `
  WITH held AS (
    SELECT id, billing_date, send_token, attempts, quiet_override FROM billing.billing_p AS bill
    WHERE ${doubtful} ORDER BY id LIMIT cardinality($3::bigint[]) FOR UPDATE
  ), numbered AS (
    SELECT *, coalesce(send_token, ($3::bigint[])[row_number() OVER (ORDER BY id)]) AS token FROM held
  ), closed AS (
    UPDATE billing.send_attempt AS attempt SET ended_at = $4, result = 'UNKNOWN', response = $6
    FROM numbered WHERE attempt.id = numbered.send_token AND attempt.result IS NULL
  ), doubted AS (
    INSERT INTO billing.send_attempt
      (id, billing_id, billing_date, number, channel, is_forced, instance, started_at, ended_at, result, response)
    SELECT token, id, billing_date, attempts + 1, 'EMAIL', quiet_override, $5, $4, $4, 'UNKNOWN', $6
    FROM numbered WHERE send_token IS NULL
  )
  UPDATE billing.billing_p AS bill
  SET send_status = 'SENDING', send_token = numbered.token, park_reason = $6, lease_owner = NULL, lease_until = NULL,
    text_not_before = NULL, text_not_after = NULL, next_attempt_at = NULL,
    attempts = numbered.attempts + CASE WHEN numbered.send_token IS NULL THEN 1 ELSE 0 END
  FROM numbered WHERE bill.id = numbered.id AND bill.billing_date = numbered.billing_date`;
