import type { Database, Transaction } from '../../src/connectors/database.ts';
import type { Answer } from '../../src/message/decision.ts';
import { billColumns, billingDatesOf, idsOf, passMarked, readBills, type BillPage, type BillRow } from './dispatchStore.ts';
import { parkExpired } from './parkStore.ts';
import { passRequested } from './textRequestStore.ts';
import { redispatchKinds, type FoundBill, type RedispatchKind, type RedispatchPart, type RedispatchTimes } from './redispatchPart.ts';

/** The statements of a redispatch. */
export interface RedispatchStore {
  /** The kinds and months of which there is a bill now. */
  partsAgain(times: RedispatchTimes): Promise<readonly RedispatchPart[]>;
  /** The next bills of a part, and those that this run has marked and perhaps not published. */
  pageAgain(part: RedispatchPart, page: Omit<BillPage, 'billingDate'>): Promise<readonly FoundBill[]>;
  /**
   * Marks bills of one part that are due or lost as SEND_PENDING since `asOf`, before they are published; those whose lease ran
   * out are parked, and those that wait to be sent as SMS go on as they are. What moved on meanwhile is skipped.
   */
  readonly markAgain: (transaction: Transaction, bills: readonly FoundBill[]) => Promise<readonly Answer<FoundBill>[]>;
}

/** A redispatch's statements on a database. */
export function redispatchStore(database: Database): RedispatchStore {
  return {
    partsAgain: async (times) => {
      const statement = { text: partsAgain, values: [times.asOf, times.lostBefore] };
      const rows = await database.query<{ kind: RedispatchKind; billing_date: string }>(statement);
      return rows.map(({ kind, billing_date }) => ({ kind, billingDate: billing_date, ...times }));
    },
    pageAgain: async (part, { after, marked, limit }) => {
      const { kind, billingDate, asOf, lostBefore } = part;
      const values = [billingDate, after ?? '0', marked ?? '0', limit, asOf, ...(kind === 'lost' ? [lostBefore] : [])];
      const rows = await database.query<FoundRow>({ text: pages[kind], values, name: `billing.page.${kind}` });
      return readBills(rows).map((bill, at) => ({ ...bill, part, token: rows[at]?.send_token ?? undefined }));
    },
    markAgain: async (transaction, bills) => {
      const [first] = bills;
      if (first === undefined) return [];
      const { kind, asOf, lostBefore } = first.part;
      if (kind === 'expired') return parkExpired(transaction, bills, asOf);
      if (kind === 'text') return passRequested(transaction, bills);
      const values = [billingDatesOf(bills), idsOf(bills), asOf, lostBefore];
      return passMarked(bills, await transaction.query<{ id: bigint }>({ text: markAgain, values, name: 'billing.markAgain' }));
    },
  };
}

interface FoundRow extends BillRow {
  readonly send_token: bigint | null;
}

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
    case 'text':
      return `send_status = 'SENDING' AND lease_until = 'infinity'`;
  }
}

// One probe of an index for each month and kind. Ordered as the index is: for the first row of any, the planner would read the
// table, in the hope of meeting one soon, and where there is none read all of it.
const partsAgain = `
  SELECT kind, period AS billing_date FROM billing.billing_period CROSS JOIN LATERAL (${redispatchKinds.map(probeOf).join(' UNION ALL ')}) AS part
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
  SELECT ${billColumns}, bill.send_token FROM found AS bill JOIN billing.member USING (public_info_id) ORDER BY bill.id LIMIT $4`;
}

const pages: Readonly<Record<RedispatchKind, string>> = {
  due: pageOf('due'),
  lost: pageOf('lost'),
  expired: pageOf('expired'),
  text: pageOf('text'),
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
