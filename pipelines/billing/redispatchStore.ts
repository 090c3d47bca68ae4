import type { Database, Transaction } from '../../src/connectors/database.ts';
import type { Answer } from '../../src/message/decision.ts';
import { billColumns, idsOf, pageOf, passMarked, readBills, type BillPage, type BillRow, type UnmarkedRow } from './dispatchStore.ts';
import { monthRange } from './monthRange.ts';
import { parkExpired } from './parkStore.ts';
import { markTexts } from './textRequestStore.ts';
import { redispatchKinds, type FoundBill, type RedispatchKind, type RedispatchPart, type RedispatchTimes } from './redispatchPart.ts';

/** The statements of a redispatch. */
export interface RedispatchStore {
  /** The kinds and months of which there is a bill now. */
  partsAgain(times: RedispatchTimes): Promise<readonly RedispatchPart[]>;
  /** The next bills of a part. */
  pageAgain(part: RedispatchPart, page: PartPage): Promise<readonly FoundBill[]>;
  /** The next bills of a part up to an id that this run has marked, and perhaps not published; none of those that it has parked. */
  pageMarkedAgain(part: RedispatchPart, page: PartPage, upTo: string): Promise<readonly FoundBill[]>;
  /**
   * Marks bills of one part that are due or lost as SEND_PENDING since `asOf`, before they are published; those whose lease ran
   * out are parked, and those that are to be sent as SMS wait for that since `asOf`. What moved on meanwhile is skipped.
   */
  readonly markAgain: (transaction: Transaction, bills: readonly FoundBill[]) => Promise<readonly Answer<FoundBill>[]>;
}

type PartPage = Omit<BillPage, 'billingDate'>;

/** A redispatch's statements on a database. */
export function redispatchStore(database: Database): RedispatchStore {
  return {
    partsAgain: async (times) => {
      const statement = { text: partsAgain, values: [times.asOf, times.lostBefore, times.textLostBefore, times.textRepeatAfter] };
      const rows = await database.query<{ kind: RedispatchKind; billing_date: string }>(statement);
      return rows.map(({ kind, billing_date }) => ({ kind, billingDate: billing_date, ...times }));
    },
    pageAgain: async (part, { after, limit }) => {
      const { kind, billingDate } = part;
      const values = [billingDate, after ?? '0', limit, ...timesOf(part)];
      return readFound(part, await database.query<FoundRow>({ text: pages[kind], values, name: `billing.page.${kind}` }));
    },
    pageMarkedAgain: async (part, { after, limit }, upTo) => {
      const { kind, billingDate, asOf } = part;
      if (kind === 'expired') return [];
      const values = [billingDate, after ?? '0', limit, upTo, asOf];
      const text = kind === 'text' ? markedTexts : markedBills;
      return readFound(
        part,
        await database.query<FoundRow>({ text, values, name: `billing.marked.${kind === 'text' ? 'text' : 'bills'}` }),
      );
    },
    markAgain: async (transaction, bills) => {
      const [first] = bills;
      if (first === undefined) return [];
      const { kind, asOf, lostBefore } = first.part;
      if (kind === 'expired') return parkExpired(transaction, bills, asOf);
      if (kind === 'text') return markTexts(transaction, bills, first.part);
      const values = [...monthRange(bills), idsOf(bills), asOf, lostBefore];
      return passMarked(bills, await transaction.query<UnmarkedRow>({ text: markAgain, values, name: 'billing.markAgain' }));
    },
  };
}

interface FoundRow extends BillRow {
  readonly send_token: bigint | null;
}

function readFound(part: RedispatchPart, rows: readonly FoundRow[]): readonly FoundBill[] {
  return readBills(rows).map((bill, at) => ({ ...bill, part, token: rows[at]?.send_token ?? undefined }));
}

/** The parameters of a kind's condition. */
function timesOf({ kind, asOf, lostBefore, textLostBefore, textRepeatAfter }: RedispatchPart): readonly Date[] {
  switch (kind) {
    case 'due':
      return [asOf];
    case 'lost':
      return [lostBefore];
    case 'expired':
      return [asOf, textRepeatAfter];
    case 'text':
      return [asOf, textLostBefore, textRepeatAfter];
  }
}

/** Where a statement has the times that conditions need. */
type TimePlaces = Readonly<Partial<Record<keyof RedispatchTimes, string>>>;

/** The condition of a kind. Leases are the database's own time. */
function conditionOf(kind: RedispatchKind, { asOf = '', lostBefore = '', textLostBefore = '', textRepeatAfter = '' }: TimePlaces): string {
  const isRepeatable = `EXISTS (
      SELECT FROM billing.send_attempt WHERE id = send_token AND channel = 'SMS' AND started_at > ${textRepeatAfter}::timestamptz)`;
  switch (kind) {
    case 'due':
      return `next_attempt_at <= ${asOf}::timestamptz`;
    case 'lost':
      return `send_status = 'SEND_PENDING' AND next_attempt_at IS NULL AND pending_since < ${lostBefore}::timestamptz`;
    case 'expired':
      return `send_status = 'SENDING' AND (lease_until < clock_timestamp() AND NOT ${isRepeatable}
        OR lease_until = 'infinity' AND text_not_after <= ${asOf}::timestamptz)`;
    case 'text':
      return `send_status = 'SENDING' AND (lease_until < clock_timestamp() AND ${isRepeatable}
        OR lease_until = 'infinity' AND coalesce(text_not_after > ${asOf}::timestamptz, true) AND (
          text_not_before <= ${asOf}::timestamptz OR text_not_before IS NULL AND pending_since < ${textLostBefore}::timestamptz))`;
  }
}

const all: TimePlaces = { asOf: '$1', lostBefore: '$2', textLostBefore: '$3', textRepeatAfter: '$4' };

// One probe of an index for each month and kind. Ordered as the index is: for the first row of any, the planner would read the
// table, in the hope of meeting one soon, and where there is none read all of it.
const partsAgain = `
  SELECT kind, period AS billing_date FROM billing.billing_period CROSS JOIN LATERAL (${redispatchKinds.map(probeOf).join(' UNION ALL ')}) AS part
  ORDER BY period, kind`;

function probeOf(kind: RedispatchKind): string {
  return `
    (SELECT '${kind}' AS kind FROM billing.billing_p
      WHERE billing_date = period::timestamp AND ${conditionOf(kind, all)} ORDER BY id LIMIT 1)`;
}

/** One range of an index. */
function pageAgainOf(condition: string): string {
  return pageOf(condition, `${billColumns}, bill.send_token`);
}

const pages: Readonly<Record<RedispatchKind, string>> = {
  due: pageAgainOf(conditionOf('due', { asOf: '$4' })),
  lost: pageAgainOf(conditionOf('lost', { lostBefore: '$4' })),
  expired: pageAgainOf(conditionOf('expired', { asOf: '$4', textRepeatAfter: '$5' })),
  text: pageAgainOf(conditionOf('text', { asOf: '$4', textLostBefore: '$5', textRepeatAfter: '$6' })),
};

// What this run has marked bears its time.
const markedBills = pageAgainOf(`
      id <= $4::bigint AND send_status = 'SEND_PENDING' AND next_attempt_at IS NULL AND pending_since = $5::timestamptz`);

const markedTexts = pageAgainOf(`
      id <= $4::bigint AND send_status = 'SENDING' AND lease_until = 'infinity' AND text_not_before IS NULL AND pending_since = $5::timestamptz`);

// What bears the run's own time was marked by an earlier try of this chunk and goes on to be published.
// Locked by id and judged afterwards: with the state as a condition, the index of states would read everything in that state.
const markAgain = `
  WITH held AS (
    SELECT id, billing_date, send_status, next_attempt_at, pending_since FROM billing.billing_p
    WHERE billing_date BETWEEN $1::timestamp AND $2::timestamp AND id = ANY ($3::bigint[]) ORDER BY id FOR UPDATE
  ), marked AS (
    UPDATE billing.billing_p AS bill SET send_status = 'SEND_PENDING', pending_since = $4, next_attempt_at = NULL
    FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $1::timestamp AND $2::timestamp
      AND (held.send_status IN ('IN_QUIET_HOUR', 'SEND_PENDING') AND held.next_attempt_at <= $4
        OR held.send_status = 'SEND_PENDING' AND held.next_attempt_at IS NULL AND (held.pending_since < $5 OR held.pending_since = $4))
    RETURNING bill.id
  )
  SELECT unnest($3::bigint[]) AS id EXCEPT SELECT id FROM marked`;
