import type { Database, Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import { monthRange } from './monthRange.ts';
import { destinationPattern, noDestination, type DispatchedBill } from './dispatchedBill.ts';

/** Bills of a billing month, in ascending order of their ids. */
export interface BillPage {
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
  /** Exclusive lower bound of the ids; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A stretch of the due bills of a billing month. */
export interface DueStretch {
  readonly billingDate: string;
  /** Id of its first bill; the next stretch of the month begins where this one ends. */
  readonly firstId: bigint;
  readonly bills: number;
  /** Whether the run that makes these bills has not completed: until then they may be taken back. */
  readonly isUnsettled: boolean;
}

/** A month has this many stretches at most, and none that is shorter than `billsPerStretch` unless it is the only one. */
const stretchesPerMonth = 16;
const billsPerStretch = 5_000;

/** The statements of a dispatch. */
export interface DispatchStore {
  /**
   * The bills that were never dispatched and whose day has come, of whatever month, each month in equal stretches that can be worked
   * on beside each other; in ascending order of month and id.
   */
  dueStretches(day: string): Promise<readonly DueStretch[]>;
  /** The next bills up to an id that are due on a day and were never dispatched. */
  pageDue(page: BillPage, upTo: string, day: string): Promise<readonly DispatchedBill[]>;
  /** The next bills up to an id that are marked, and were perhaps not published by whoever marked them. */
  pageMarked(page: BillPage, upTo: string): Promise<readonly DispatchedBill[]>;
  /**
   * Marks bills CREATED → SEND_PENDING, before they are published: a consumer that saw CREATED would let the message go. What is
   * SEND_PENDING already goes on to be published again; what is further is skipped.
   */
  markDispatched(transaction: Transaction, bills: readonly DispatchedBill[], now: Date): Promise<readonly Answer<DispatchedBill>[]>;
}

/** A dispatch's statements on a database. */
export function dispatchStore(database: Database): DispatchStore {
  return {
    dueStretches: async (day) => {
      const rows = await database.query<DueRow>({ text: dueStretches, values: [day, stretchesPerMonth, billsPerStretch] });
      return rows.map(({ billing_date, first_id, bills, is_unsettled }) => ({
        billingDate: billing_date,
        firstId: first_id,
        bills: Number(bills),
        isUnsettled: is_unsettled,
      }));
    },
    pageDue: async ({ billingDate, after, limit }, upTo, day) => {
      const values = [billingDate, after ?? '0', limit, upTo, day];
      return readBills(await database.query<BillRow>({ text: pageDue, values, name: 'billing.pageDue' }));
    },
    pageMarked: async ({ billingDate, after, limit }, upTo) => {
      const values = [billingDate, after ?? '0', limit, upTo];
      return readBills(await database.query<BillRow>({ text: pageMarked, values, name: 'billing.pageMarked' }));
    },
    markDispatched: async (transaction, bills, now) => {
      const values = [...monthRange(bills), idsOf(bills), now];
      const statement = { text: markDispatched, values, name: 'billing.markDispatched' };
      return passMarked(bills, await transaction.query<UnmarkedRow>(statement));
    },
  };
}

/** What a message of a bill is made of; to be read beside `bill` and `member`. */
export const billColumns = `bill.id, bill.billing_date::date AS billing_date, bill.public_info_id, bill.quiet_override,
    member.email_domain, member.dnd_start::text, member.dnd_end::text, member.zone`;

/**
 * The next $3 bills of month $1 behind id $2 under a condition. The page is cut first and then each bill's member is looked up
 * (OFFSET 0 keeps the planner from anything else): left to itself it starts workers for each page, or reads all members.
 */
export function pageOf(condition: string, columns = billColumns): string {
  return `
  WITH page AS (
    SELECT * FROM billing.billing_p
    WHERE billing_date = $1::timestamp AND id > $2::bigint AND ${condition} ORDER BY id LIMIT $3
  )
  SELECT ${columns} FROM page AS bill CROSS JOIN LATERAL (
    SELECT * FROM billing.member WHERE public_info_id = bill.public_info_id OFFSET 0
  ) AS member ORDER BY bill.id`;
}

export interface BillRow {
  readonly id: bigint;
  readonly billing_date: string;
  readonly public_info_id: bigint;
  readonly quiet_override: boolean;
  readonly email_domain: string;
  readonly dnd_start: string | null;
  readonly dnd_end: string | null;
  readonly zone: string;
}

/** Rows of `billColumns` as messages. An address without a domain goes on under none that exists: the mail server refuses its bill alone. */
export function readBills(rows: readonly BillRow[]): readonly DispatchedBill[] {
  return rows.map((row) => ({
    billId: row.id,
    billingDate: row.billing_date,
    publicInfoId: row.public_info_id,
    destination: destinationPattern.test(row.email_domain) ? row.email_domain : noDestination,
    quietHours: row.quiet_override || row.dnd_start === null ? null : { start: row.dnd_start, end: row.dnd_end, zone: row.zone },
  }));
}

export function idsOf(bills: readonly DispatchedBill[]): readonly bigint[] {
  return bills.map(({ billId }) => billId);
}

/** What a statement that marks bills answers: those it did not mark. Nearly always none, so it is the shorter list. */
export interface UnmarkedRow {
  readonly id: bigint;
}

/** The bills that were marked go on, the others were sent or forced meanwhile. */
export function passMarked<B extends DispatchedBill>(bills: readonly B[], unmarked: readonly UnmarkedRow[]): readonly Answer<B>[] {
  if (unmarked.length === 0) return bills;
  const ids = new Set(unmarked.map(({ id }) => id));
  return bills.map((bill) => (ids.has(bill.billId) ? skip('no longer waits to be sent') : bill));
}

interface DueRow {
  readonly billing_date: string;
  readonly first_id: bigint;
  readonly bills: bigint;
  readonly is_unsettled: boolean;
}

// Stretch n of a month begins with the first bill whose place is at least n of its share.
const dueStretches = `
  WITH due AS (
    SELECT billing_date, array_agg(id ORDER BY id) AS ids, count(*) AS bills, greatest(1, least($2::bigint, count(*) / $3::bigint)) AS stretches
    FROM billing.billing_p WHERE send_status = 'CREATED' AND send_on <= $1::date GROUP BY billing_date
  ), stretch AS (
    SELECT billing_date, ids, ceil(bills * n / stretches)::bigint AS place, ceil(bills * (n + 1) / stretches)::bigint AS end_place
    FROM due CROSS JOIN LATERAL generate_series(0::numeric, stretches - 1) AS n
  )
  SELECT billing_date::date AS billing_date, ids[place + 1] AS first_id, end_place - place AS bills, EXISTS (
      SELECT FROM weir.job_run WHERE job = 'billing.settle' AND key = to_char(billing_date, 'YYYY-MM') AND status <> 'COMPLETED'
    ) AS is_unsettled
  FROM stretch ORDER BY billing_date, place`;

const pageDue = pageOf(`id <= $4::bigint AND send_status = 'CREATED' AND send_on <= $5::date`);

const pageMarked = pageOf(`id <= $4::bigint AND send_status = 'SEND_PENDING'`);

// What is marked already is not touched: its message may be on the way. It is looked for only among what this statement did not
// mark, nearly always nothing.
// IS TRUE keeps the index of states out: it would read everything in that state.
const markDispatched = `
  WITH marked AS (
    UPDATE billing.billing_p SET send_status = 'SEND_PENDING', pending_since = $4
    WHERE billing_date BETWEEN $1::timestamp AND $2::timestamp AND id = ANY ($3::bigint[]) AND (send_status = 'CREATED') IS TRUE
    RETURNING id
  ), missed AS (
    SELECT unnest($3::bigint[]) AS id EXCEPT SELECT id FROM marked
  )
  SELECT id FROM missed WHERE (
      SELECT send_status FROM billing.billing_p AS bill
      WHERE bill.id = missed.id AND billing_date BETWEEN $1::timestamp AND $2::timestamp
    ) IS DISTINCT FROM 'SEND_PENDING'`;
