import type { Database } from '../../src/connectors/database.ts';
import type { DueRefund } from './askGateway.ts';
import { methods, type DuePayment, type Method, type UnpaidOrder } from './payment.ts';
import type { ReconcilePart } from './reconcileParts.ts';

/** A page of what is due, in ascending order of the ids of payments, orders or refunds. */
export interface DuePage {
  /** Exclusive lower bound; undefined: from the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** As of when something is due. */
export interface DueTimes {
  readonly asOf: Date;
  /** What is younger is not looked at: whoever made it may still be about to end it. */
  readonly madeBefore: Date;
}

/** What waits to be reconciled. */
export interface DueStore {
  /** How many payments are due, by method; methods without any are left out. */
  countPayments(times: DueTimes): Promise<readonly MethodCount[]>;
  /** How many orders wait that have no payment, or only such as have failed. */
  countUnpaidOrders(times: DueTimes): Promise<number>;
  page(part: ReconcilePart, times: DueTimes, page: DuePage): Promise<readonly (DuePayment | UnpaidOrder)[]>;
}

export interface MethodCount {
  readonly method: Method;
  readonly count: number;
}

/** Refunds that wait for a gateway. */
export interface DueRefundStore {
  countRefunds(asOf: Date): Promise<readonly MethodCount[]>;
  pageRefunds(method: Method, asOf: Date, page: DuePage): Promise<readonly DueRefund[]>;
}

/** The questions of reconciliation on a database. */
export function dueStore(database: Database): DueStore {
  return {
    countPayments: async ({ asOf, madeBefore }) => {
      const rows = await database.query<CountRow>({ text: countPayments, values: [[...methods], asOf, madeBefore] });
      return rows.map(({ method, count }) => ({ method, count: Number(count) }));
    },
    countUnpaidOrders: async ({ madeBefore }) => {
      const [row] = await database.query<{ readonly count: bigint }>({ text: `SELECT count(*) ${unpaidOrders}`, values: [madeBefore] });
      return Number(row?.count ?? 0n);
    },
    page: (part, times, page) =>
      part.of === 'payments' ? paymentsOf(database, part.method, times, page) : unpaidOrdersOf(database, times, page),
  };
}

async function paymentsOf(
  database: Database,
  method: Method,
  { asOf, madeBefore }: DueTimes,
  { after, limit }: DuePage,
): Promise<readonly DuePayment[]> {
  const values = [method, asOf, madeBefore, after ?? '0', limit];
  const rows = await database.query<PaymentRow>({ text: pagePayments, values, name: 'payments.pagePayments' });
  return rows.map(({ id, payment_number, transaction_key }) => ({
    kind: 'payment',
    paymentId: id,
    method,
    paymentNumber: payment_number,
    transactionKey: transaction_key ?? undefined,
  }));
}

async function unpaidOrdersOf(database: Database, { madeBefore }: DueTimes, { after, limit }: DuePage): Promise<readonly UnpaidOrder[]> {
  const text = `SELECT id ${unpaidOrders} AND id > $2::bigint ORDER BY id LIMIT $3`;
  const rows = await database.query<{ readonly id: bigint }>({ text, values: [madeBefore, after ?? '0', limit] });
  return rows.map(({ id }) => ({ kind: 'unpaidOrder', orderId: id }));
}

/** The questions of refunding on a database. */
export function dueRefundStore(database: Database): DueRefundStore {
  return {
    countRefunds: async (asOf) => {
      const rows = await database.query<CountRow>({ text: countRefunds, values: [asOf] });
      return rows.map(({ method, count }) => ({ method, count: Number(count) }));
    },
    pageRefunds: async (method, asOf, { after, limit }) => {
      const rows = await database.query<RefundRow>({ text: pageRefunds, values: [method, asOf, after ?? '0', limit] });
      return rows.map((row) => ({
        refundId: row.id,
        method,
        key: refundKey(row.payment_id, row.nth),
        transactionKey: row.transaction_key,
        amountMinor: row.amount_minor,
        wasSent: row.status === 'SENT',
      }));
    },
  };
}

/** The key under which a gateway is asked for a refund of a payment: the payment's id for the first, so that each is given back once. */
function refundKey(paymentId: bigint, nth: bigint): string {
  return nth === 1n ? paymentId.toString() : `${paymentId}-${nth}`;
}

/** When what had no end yet is asked or tried again, for statements: one minute after a time, then two, four and so on, an hour at most. */
export function nextAskAt(at: string, asks: string): string {
  return `${at}::timestamptz + least(interval '1 hour', interval '1 minute' * 2 ^ least(${asks}, 10))`;
}

interface CountRow {
  readonly method: Method;
  readonly count: bigint;
}

interface PaymentRow {
  readonly id: bigint;
  readonly payment_number: string;
  readonly transaction_key: string | null;
}

interface RefundRow {
  readonly id: bigint;
  readonly nth: bigint;
  readonly payment_id: bigint;
  readonly transaction_key: string;
  readonly amount_minor: bigint;
  readonly status: 'REQUESTED' | 'SENT';
}

const isDue = `status = 'PENDING' AND park_reason IS NULL AND created_at <= $3 AND (next_ask_at IS NULL OR next_ask_at <= $2)`;

const countPayments = `
  SELECT method, count(*) FROM payments.payment WHERE method = ANY ($1::text[]) AND ${isDue} GROUP BY method ORDER BY method`;

const pagePayments = `
  SELECT id, payment_number, transaction_key FROM payments.payment
  WHERE method = $1 AND ${isDue} AND id > $4::bigint ORDER BY id LIMIT $5`;

const unpaidOrders = `
  FROM payments.orders WHERE status = 'PENDING' AND created_at <= $1
    AND NOT EXISTS (SELECT FROM payments.payment WHERE order_id = orders.id AND (status <> 'FAILED' OR ended_at > $1))`;

const dueRefunds = `
  FROM payments.refund JOIN payments.payment ON payment.id = payment_id
  WHERE refund.status IN ('REQUESTED', 'SENT') AND refund.next_ask_at <=`;

const countRefunds = `SELECT method, count(*) ${dueRefunds} $1 GROUP BY method ORDER BY method`;

const pageRefunds = `
  SELECT refund.id, payment_id, nth::bigint AS nth, refund.transaction_key, refund.amount_minor, refund.status ${dueRefunds} $2
    AND method = $1 AND refund.id > $3::bigint ORDER BY refund.id LIMIT $4`;
