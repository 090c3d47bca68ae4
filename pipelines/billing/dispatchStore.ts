import type { Database, Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import { monthRange } from './monthRange.ts';
import { destinationPattern, noDestination, type DispatchedBill } from './dispatchedBill.ts';

/** A part of a billing month, in ascending order of bill ids. */
export interface BillPage {
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
  /** Exclusive lower bound of the ids; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** How many bills of a billing month are due. */
export interface DueMonth {
  readonly billingDate: string;
  readonly bills: number;
  /** Whether the run that makes these bills has not completed: until then they may be taken back. */
  readonly isUnsettled: boolean;
}

/** The statements of a dispatch. */
export interface DispatchStore {
  /** The billing months with bills that were never dispatched and whose day has come, of whatever month. */
  dueMonths(day: string): Promise<readonly DueMonth[]>;
  /** The next bills that are due on a day and were never dispatched. */
  pageDue(page: BillPage, day: string): Promise<readonly DispatchedBill[]>;
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
    dueMonths: async (day) => {
      const rows = await database.query<DueRow>({ text: dueMonths, values: [day] });
      return rows.map((row) => ({ billingDate: row.billing_date, bills: Number(row.bills), isUnsettled: row.is_unsettled }));
    },
    pageDue: async ({ billingDate, after, limit }, day) => {
      const values = [billingDate, after ?? '0', limit, day];
      return readBills(await database.query<BillRow>({ text: pageDue, values, name: 'billing.pageDue' }));
    },
    pageMarked: async ({ billingDate, after, limit }, upTo) => {
      const values = [billingDate, after ?? '0', limit, upTo];
      return readBills(await database.query<BillRow>({ text: pageMarked, values, name: 'billing.pageMarked' }));
    },
    markDispatched: async (transaction, bills, now) => {
      const values = [...monthRange(bills), idsOf(bills), now];
      const rows = await transaction.query<{ id: bigint }>({ text: markDispatched, values, name: 'billing.markDispatched' });
      return passMarked(bills, rows);
    },
  };
}

/** What a message of a bill is made of; to be read beside `bill` and `member`. */
export const billColumns = `bill.id, bill.billing_date::date AS billing_date, bill.public_info_id, bill.quiet_override,
    member.email_domain, member.dnd_start::text, member.dnd_end::text, member.zone`;

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

/** The bills that were marked go on, the others were sent or forced meanwhile. */
export function passMarked<B extends DispatchedBill>(
  bills: readonly B[],
  marked: readonly { readonly id: bigint }[],
): readonly Answer<B>[] {
  const ids = new Set(marked.map(({ id }) => id));
  return bills.map((bill) => (ids.has(bill.billId) ? bill : skip('no longer waits to be sent')));
}

interface DueRow {
  readonly billing_date: string;
  readonly bills: bigint;
  readonly is_unsettled: boolean;
}

const dueMonths = `
  SELECT billing_date::date AS billing_date, count(*) AS bills, EXISTS (
      SELECT FROM weir.job_run WHERE job = 'billing.settle' AND key = to_char(billing_date, 'YYYY-MM') AND status <> 'COMPLETED'
    ) AS is_unsettled
  FROM billing.billing_p
  WHERE send_status = 'CREATED' AND send_on <= $1::date GROUP BY billing_date ORDER BY billing_date`;

const pageDue = `
  SELECT ${billColumns} FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
  WHERE send_status = 'CREATED' AND billing_date = $1::timestamp AND bill.id > $2::bigint AND send_on <= $4::date
  ORDER BY bill.id LIMIT $3`;

const pageMarked = `
  SELECT ${billColumns} FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
  WHERE send_status = 'SEND_PENDING' AND billing_date = $1::timestamp AND bill.id > $2::bigint AND bill.id <= $4::bigint
  ORDER BY bill.id LIMIT $3`;

// Locked by id and judged afterwards: with the state as a condition, the index of states would read everything in that state.
const markDispatched = `
  WITH held AS (
    SELECT id, billing_date, send_status FROM billing.billing_p
    WHERE billing_date BETWEEN $1::timestamp AND $2::timestamp AND id = ANY ($3::bigint[]) ORDER BY id FOR UPDATE
  ), marked AS (
    UPDATE billing.billing_p AS bill SET send_status = 'SEND_PENDING', pending_since = $4
    FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date
      AND bill.billing_date BETWEEN $1::timestamp AND $2::timestamp AND held.send_status = 'CREATED'
  )
  SELECT id FROM held WHERE send_status IN ('CREATED', 'SEND_PENDING')`;
