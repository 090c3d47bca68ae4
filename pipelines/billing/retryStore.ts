import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';

/** Failed bills that are to be sent again. */
export interface FailedSelection {
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
  /** The code with which they failed. */
  readonly failCode: string;
  /** How many there are, as the person who decides has seen it. */
  readonly expected: number;
}

/** What became of them. */
export interface RetriedBills {
  readonly retried: number;
  /** Those that are left for another call, whoever else has sent some of them again meanwhile. */
  readonly remaining: number;
}

/** Bills of one transaction at most: it is over in seconds. */
export const mostRetried = 50_000;

/** Sends failed bills again. */
export interface RetryStore {
  /**
   * FAILED bills of a month and code → SEND_PENDING, due now, within their members' hours; a redispatch brings them. A bill that the
   * ledger knows as sent stays. All, or the first so many; `refused`, and nothing is done, when there are not as many as expected.
   */
  retry(transaction: Transaction, selection: FailedSelection): Promise<RetriedBills>;
}

export function retryStore(now: () => Date): RetryStore {
  return {
    retry: async (transaction, { billingDate, failCode, expected }) => {
      const [found] = await transaction.query<{ bills: number }>({ text: count, values: [billingDate, failCode] });
      const bills = found?.bills ?? 0;
      if (bills !== expected) {
        const which = `bills of ${billingDate.slice(0, 7)} have failed with ${failCode} and were not sent since`;
        throw new WeirError('refused', `${bills} ${which}, not the expected ${expected}: nothing was done.`);
      }
      const retried = await transaction.execute({ text: retry, values: [billingDate, failCode, mostRetried, now()] });
      const [left] = await transaction.query<{ bills: number }>({ text: count, values: [billingDate, failCode] });
      return { retried, remaining: left?.bills ?? 0 };
    },
  };
}

const failed = `bill.billing_date = $1::timestamp AND bill.send_status = 'FAILED' AND bill.fail_code = $2
    AND NOT EXISTS (SELECT FROM billing.send_attempt AS attempt WHERE attempt.billing_id = bill.id AND attempt.result = 'SENT')`;

const count = `SELECT count(*)::int AS bills FROM billing.billing_p AS bill WHERE ${failed}`;

const retry = `
  WITH chosen AS (
    SELECT bill.id FROM billing.billing_p AS bill WHERE ${failed} ORDER BY bill.id LIMIT $3 FOR UPDATE
  )
  UPDATE billing.billing_p AS bill
  SET send_status = 'SEND_PENDING', pending_since = $4, next_attempt_at = $4, quiet_override = false, fail_code = NULL
  FROM chosen WHERE bill.id = chosen.id AND bill.billing_date = $1::timestamp AND bill.send_status = 'FAILED'`;
