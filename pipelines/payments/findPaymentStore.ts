import type { Database } from '../../src/connectors/database.ts';

/** Which payments are listed. */
export interface PaymentQuery {
  readonly isStuck: boolean;
  readonly isParked: boolean;
  /** Exclusive lower bound of their ids. */
  readonly after: bigint;
  readonly limit: number;
}

/** A row as operators see it: numbers of more than 53 bits and times as text. */
export type PaymentSheet = Readonly<Record<string, string | number | boolean | null>>;

/** An order with all that belongs to it; who bought is left out. */
export interface OrderSheet {
  readonly order: PaymentSheet;
  readonly items: readonly PaymentSheet[];
  readonly payments: readonly PaymentSheet[];
  readonly refunds: readonly PaymentSheet[];
}

/** What operators look for. */
export interface FindPaymentStore {
  /** Payments that are stuck or wait for a person, or whose refund is or does, in the order of their ids. */
  list(query: PaymentQuery): Promise<readonly PaymentSheet[]>;
  /** Undefined where there is no such order. */
  order(orderId: bigint): Promise<OrderSheet | undefined>;
}

/** What operators look for, in a database. */
export function findPaymentStore(database: Database, now: () => Date): FindPaymentStore {
  return {
    list: ({ isStuck, isParked, after, limit }) =>
      database.query<Record<string, string>>({ text: list, values: [now(), isStuck, isParked, after, limit] }),
    order: async (orderId) => {
      const rowsOf = (text: string): Promise<readonly PaymentSheet[]> =>
        database.query<Record<string, string>>({ text, values: [orderId] });
      const [order] = await rowsOf(orderOf);
      if (order === undefined) return undefined;
      return { order, items: await rowsOf(itemsOf), payments: await rowsOf(paymentsOf), refunds: await rowsOf(refundsOf) };
    },
  };
}

/** An instant as ISO text. */
const iso = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const paymentColumns = `payment.id::text AS payment, payment.order_id::text AS "order", payment.method, payment.payment_number AS "paymentNumber",
    payment.amount_minor::text AS "amountMinor", payment.status, payment.park_reason AS "parkReason", ${iso('payment.created_at')} AS "createdAt",
    ${iso('payment.next_ask_at')} AS "nextAskAt"`;

// Each part by its own index, and bounded before they are joined. Of several refunds that one is told of which waits for a person, or else has no end.
const list = `
  WITH wanted AS (
    (SELECT id FROM payments.payment WHERE $2 AND status = 'PENDING' AND park_reason IS NULL
      AND created_at <= $1::timestamptz - interval '10 minutes' AND id > $4 ORDER BY id LIMIT $5)
    UNION (SELECT DISTINCT payment_id FROM payments.refund WHERE $2 AND status IN ('REQUESTED', 'SENT')
      AND requested_at <= $1::timestamptz - interval '10 minutes' AND payment_id > $4 ORDER BY payment_id LIMIT $5)
    UNION (SELECT id FROM payments.payment WHERE $3 AND park_reason IS NOT NULL AND id > $4 ORDER BY id LIMIT $5)
    UNION (SELECT DISTINCT payment_id FROM payments.refund WHERE $3 AND status = 'PARKED' AND payment_id > $4 ORDER BY payment_id LIMIT $5)
  )
  SELECT ${paymentColumns}, refund.status AS "refundStatus", refund.park_reason AS "refundParkReason"
  FROM wanted JOIN payments.payment USING (id) LEFT JOIN LATERAL (
    SELECT status, park_reason FROM payments.refund WHERE payment_id = payment.id ORDER BY status <> 'PARKED', status = 'DONE', nth LIMIT 1
  ) AS refund ON true
  ORDER BY payment.id LIMIT $5`;

const orderOf = `
  SELECT id::text AS "order", status, fail_code AS "failCode", amount_minor::text AS "amountMinor", ${iso('created_at')} AS "createdAt",
    ${iso('ended_at')} AS "endedAt"
  FROM payments.orders WHERE id = $1`;

const itemsOf = `
  SELECT product_id::text AS product, name, quantity::text AS quantity
  FROM payments.order_item JOIN payments.product ON product.id = product_id WHERE order_id = $1 ORDER BY product_id`;

// What is given back, or has completed the order, is what was captured, whichever version has written it. Else what the gateway said of it.
const captured = `coalesce(
    (SELECT amount_minor FROM payments.refund WHERE payment_id = payment.id AND refund.transaction_key = payment.transaction_key),
    CASE WHEN payment.status = 'SUCCESS' THEN payment.amount_minor END, payment.captured_minor)`;

const paymentsOf = `
  SELECT ${paymentColumns}, payment.transaction_key AS "transactionKey", ${captured}::text AS "capturedMinor", payment.fail_code AS "failCode", payment.asks::int AS asks,
    payment.is_given_back AS "isGivenBack", ${iso('payment.ended_at')} AS "endedAt"
  FROM payments.payment WHERE order_id = $1 ORDER BY id`;

const refundsOf = `
  SELECT refund.payment_id::text AS payment, refund.amount_minor::text AS "amountMinor", refund.transaction_key AS "transactionKey",
    refund.reason, refund.status, refund.park_reason AS "parkReason", ${iso('refund.requested_at')} AS "requestedAt",
    ${iso('refund.next_ask_at')} AS "nextAskAt", ${iso('refund.ended_at')} AS "endedAt"
  FROM payments.refund JOIN payments.payment ON payment.id = payment_id WHERE order_id = $1 ORDER BY payment_id, nth`;
