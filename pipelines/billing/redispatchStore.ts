import type { Database, Transaction } from '../../src/connectors/database.ts';
import { defer, type Answer } from '../../src/message/decision.ts';
import { billColumns, billingDatesOf, idsOf, passMarked, readBills, type BillPage, type BillRow } from './dispatchStore.ts';
import type { DispatchedBill } from './dispatchedBill.ts';

/**
 * Why a bill is looked at again. `due`: its next time has come. `lost`: it is SEND_PENDING, and its message cannot be on the way
 * any more. `expired`: its holder's lease ran out.
 */
export type RedispatchKind = 'due' | 'lost' | 'expired';

/** Business times of a redispatch. */
export interface RedispatchTimes {
  /** The run's own time, which marks what it publishes. */
  readonly asOf: Date;
  /** A bill that has been pending since before this has lost its message. */
  readonly lostBefore: Date;
}

/** Bills of a kind and a billing month, `YYYY-MM-DD`. */
export interface RedispatchPart {
  readonly kind: RedispatchKind;
  readonly billingDate: string;
}

/** The statements of a redispatch. */
export interface RedispatchStore {
  /** The kinds and months of which there is a bill now. */
  partsAgain(times: RedispatchTimes): Promise<readonly RedispatchPart[]>;
  /** The next bills of a kind, and those that this run has marked and perhaps not published. */
  pageAgain(kind: RedispatchKind, page: BillPage, times: RedispatchTimes): Promise<readonly DispatchedBill[]>;
  /**
   * Marks bills that are due or lost as SEND_PENDING since `asOf`, before they are published; what moved on meanwhile is skipped.
   * A bill whose lease ran out is parked: its mail may have reached the server, so it is never mailed again by itself.
   */
  markAgain(
    transaction: Transaction,
    kind: RedispatchKind,
    bills: readonly DispatchedBill[],
    times: RedispatchTimes,
  ): Promise<readonly Answer<DispatchedBill>[]>;
}

/** A redispatch's statements on a database. */
export function redispatchStore(database: Database): RedispatchStore {
  return {
    partsAgain: async ({ asOf, lostBefore }) => {
      const statement = { text: partsAgain, values: [asOf, lostBefore] };
      const rows = await database.query<{ kind: RedispatchKind; billing_date: string }>(statement);
      return rows.map(({ kind, billing_date }) => ({ kind, billingDate: billing_date }));
    },
    pageAgain: async (kind, { billingDate, after, marked, limit }, times) => {
      const values = [billingDate, after ?? '0', marked ?? '0', limit, times.asOf, ...(kind === 'lost' ? [times.lostBefore] : [])];
      return readBills(await database.query<BillRow>({ text: pages[kind], values, name: `billing.page.${kind}` }));
    },
    markAgain: async (transaction, kind, bills, { asOf, lostBefore }) => {
      const values = [billingDatesOf(bills), idsOf(bills), asOf];
      if (kind === 'expired') {
        await transaction.execute({ text: park, values, name: 'billing.park' });
        return bills.map(() => defer('parked for a person'));
      }
      const statement = { text: markAgain, values: [...values, lostBefore], name: 'billing.markAgain' };
      return passMarked(bills, await transaction.query<{ id: bigint }>(statement));
    },
  };
}

const kinds: readonly RedispatchKind[] = ['due', 'lost', 'expired'];

/** The condition of a kind, with the places of the parameters `asOf` and `lostBefore`. */
function conditionOf(kind: RedispatchKind, asOf: string, lostBefore: string): string {
  switch (kind) {
    case 'due':
      return `next_attempt_at <= ${asOf}::timestamptz`;
    case 'lost':
      return `send_status = 'SEND_PENDING' AND next_attempt_at IS NULL AND pending_since < ${lostBefore}::timestamptz`;
    case 'expired':
      // Leases are the database's own time.
      return `send_status = 'SENDING' AND lease_until < clock_timestamp()`;
  }
}

// One probe of an index for each month and kind. Ordered as the index is: for the first row of any, the planner would read the
// table, in the hope of meeting one soon, and where there is none read all of it.
const partsAgain = `
  SELECT kind, period AS billing_date FROM billing.billing_period CROSS JOIN LATERAL (${kinds.map(probeOf).join(' UNION ALL ')}) AS part
  ORDER BY period, kind`;

function probeOf(kind: RedispatchKind): string {
  return `
    (SELECT '${kind}' AS kind FROM billing.billing_p
      WHERE billing_date = period::timestamp AND ${conditionOf(kind, '$1', '$2')} ORDER BY id LIMIT 1)`;
}

/** One range of an index, and after a takeover a second one: what this run has marked bears its time. */
function pageOf(kind: RedispatchKind): string {
  return `
  WITH found AS (
    (SELECT * FROM billing.billing_p
      WHERE billing_date = $1::timestamp AND id > $2::bigint AND ${conditionOf(kind, '$5', '$6')} ORDER BY id LIMIT $4)
    UNION ALL
    (SELECT * FROM billing.billing_p
      WHERE billing_date = $1::timestamp AND id > $2::bigint AND id <= $3::bigint
        AND send_status = 'SEND_PENDING' AND next_attempt_at IS NULL AND pending_since = $5::timestamptz ORDER BY id LIMIT $4)
  )
  SELECT ${billColumns} FROM found AS bill JOIN billing.member USING (public_info_id) ORDER BY bill.id LIMIT $4`;
}

const pages: Readonly<Record<RedispatchKind, string>> = {
  due: pageOf('due'),
  lost: pageOf('lost'),
  expired: pageOf('expired'),
};

// What bears the run's own time was marked by an earlier try of this chunk and goes on to be published.
// Locked by id and judged afterwards: with the state as a condition, the index of states would read everything in that state.
const markAgain = `
  WITH held AS (
    SELECT id, billing_date, send_status, next_attempt_at, pending_since FROM billing.billing_p
    WHERE billing_date = ANY ($1::timestamp[]) AND id = ANY ($2::bigint[]) ORDER BY id FOR UPDATE
  )
  UPDATE billing.billing_p AS bill SET send_status = 'SEND_PENDING', pending_since = $3, next_attempt_at = NULL
  FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date = ANY ($1::timestamp[])
    AND (held.send_status IN ('IN_QUIET_HOUR', 'SEND_PENDING') AND held.next_attempt_at <= $3
      OR held.send_status = 'SEND_PENDING' AND held.next_attempt_at IS NULL AND (held.pending_since < $4 OR held.pending_since = $3))
  RETURNING bill.id`;

const park = `
  WITH held AS (
    SELECT id, billing_date, send_token, lease_until < clock_timestamp() AS is_over FROM billing.billing_p
    WHERE billing_date = ANY ($1::timestamp[]) AND id = ANY ($2::bigint[]) ORDER BY id FOR UPDATE
  ), closed AS (
    UPDATE billing.send_attempt AS attempt SET ended_at = $3, result = 'UNKNOWN', response = 'the lease ran out'
    FROM held WHERE attempt.id = held.send_token AND held.is_over AND attempt.result IS NULL
  )
  UPDATE billing.billing_p AS bill SET lease_owner = NULL, lease_until = NULL, park_reason = 'the lease ran out'
  FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date = ANY ($1::timestamp[])
    AND held.is_over`;
