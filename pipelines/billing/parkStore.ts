import type { Database, Transaction } from '../../src/connectors/database.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import { idsOf } from './dispatchStore.ts';
import { monthRange } from './monthRange.ts';
import type { FoundBill } from './redispatchPart.ts';
import type { TellParked } from './tellParked.ts';

/** How many bills wait for a person. */
export interface ParkedCounts {
  /** Those that a redispatch of this time has parked. */
  readonly byRun: number;
  readonly inAll: number;
}

/** What became of parked bills. */
export interface ParkStore {
  /** Ends bills whose parking is durable, and tells how many; the others go on to be published. */
  readonly endParked: (bills: readonly FoundBill[]) => Promise<readonly Answer<FoundBill>[]>;
  /** Counts the bills that are parked now. */
  countParked(asOf: Date): Promise<ParkedCounts>;
}

/** Parked bills on a database. */
export function parkStore(database: Database, tellParked: TellParked): ParkStore {
  return {
    endParked: (bills) => {
      const answers = bills.map((bill) => (bill.part.kind === 'expired' ? defer('parked for a person') : bill));
      tellParked('leaseRanOut', bills.filter(({ part }) => part.kind === 'expired').length);
      return Promise.resolve(answers);
    },
    countParked: async (asOf) => {
      const [row] = await database.query<{ by_run: number; in_all: number }>({ text: countParked, values: [asOf, leaseRanOut] });
      return { byRun: row?.by_run ?? 0, inAll: row?.in_all ?? 0 };
    },
  };
}

/**
 * Parks bills whose lease ran out: their mail may have reached the server, so they are never mailed again by themselves; so too SMS
 * that may have been sent, once the endpoint may have forgotten their keys. What was recorded meanwhile is skipped. The parked ones
 * go on, to be told of once they are durable.
 */
export async function parkExpired(
  transaction: Transaction,
  bills: readonly FoundBill[],
  asOf: Date,
): Promise<readonly Answer<FoundBill>[]> {
  const values = [...monthRange(bills), idsOf(bills), asOf, leaseRanOut];
  const rows = await transaction.query<{ id: bigint }>({ text: park, values, name: 'billing.park' });
  const parked = new Set(rows.map(({ id }) => id));
  return bills.map((bill) => (parked.has(bill.billId) ? bill : skip('was recorded meanwhile')));
}

/** For the person who decides. */
const leaseRanOut = 'the lease ran out';

const park = `
  WITH held AS (
    SELECT id, billing_date, send_token,
      lease_until < clock_timestamp() OR lease_until = 'infinity' AND coalesce(text_not_after <= $4, false) AS is_over
    FROM billing.billing_p
    WHERE billing_date BETWEEN $1::timestamp AND $2::timestamp AND id = ANY ($3::bigint[]) ORDER BY id FOR UPDATE
  ), closed AS (
    UPDATE billing.send_attempt AS attempt SET ended_at = $4, result = 'UNKNOWN', response = $5
    FROM held WHERE attempt.id = held.send_token AND held.is_over AND attempt.result IS NULL
  )
  UPDATE billing.billing_p AS bill SET lease_owner = NULL, lease_until = NULL, text_not_before = NULL, text_not_after = NULL,
    park_reason = $5
  FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $1::timestamp AND $2::timestamp
    AND held.is_over
  RETURNING bill.id`;

const countParked = `
  SELECT count(*) FILTER (WHERE attempt.ended_at = $1 AND bill.park_reason = $2)::int AS by_run, count(*)::int AS in_all
  FROM billing.billing_p AS bill LEFT JOIN billing.send_attempt AS attempt ON attempt.id = bill.send_token
  WHERE bill.send_status = 'SENDING' AND bill.park_reason IS NOT NULL`;
