import type { Transaction } from '../../src/connectors/database.ts';
import type { Outbox, OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import { nextAskAt } from './dueStore.ts';
import { isKeyOfAnother } from './keyOfAnother.ts';
import type { PaymentReport } from './payment.ts';
import type { Captured, SettleableOrder, SettlementCode } from './settlement.ts';
import { orderAfter, settleReports, type Locked, type OrderPayment, type Settled, type SettledReports } from './settleReports.ts';
import { encodeSucceededPayment, eventIdOf, succeededTopic, type LowStock } from './succeededPayment.ts';

export interface SettlementOptions {
  readonly outbox: Pick<Outbox, 'insert'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** Settles payments by what became known about them. */
export interface SettlementStore {
  /**
   * Payment, order, stock, refund and event in the transaction that it is given. Orders are locked in the order of their ids, then
   * products in that of theirs, so that settlements never wait for each other crosswise; whoever comes second finds the state that the
   * first has left. Answers one for each report, in their order; undefined where there is no such payment.
   */
  settle(transaction: Transaction, reports: readonly PaymentReport[]): Promise<readonly (Settled | undefined)[]>;
  /** Ends waiting orders that have no payment, or only such as have failed, as FAILED; answers those that it has ended. */
  failUnpaid(transaction: Transaction, orderIds: readonly bigint[]): Promise<readonly bigint[]>;
}

/** The statements of a settlement. */
export function settlementStore({ outbox, now }: SettlementOptions): SettlementStore {
  return {
    settle: async (transaction, reports) => {
      if (reports.length === 0) return [];
      const at = now();
      const result = settleReports(await lock(transaction, reports), reports);
      const settled = result.settled.filter((one) => one !== undefined);
      await writePayments(transaction, settled, at);
      await rememberKeys(transaction, settled);
      await writeOrders(transaction, settled, at);
      const low = await takeStock(transaction, result);
      await writeRefunds(transaction, settled, at);
      await outbox.insert(transaction, eventsOf(settled, low, at));
      return result.settled;
    },
    failUnpaid: async (transaction, orderIds) => {
      // Whoever makes a payment holds the order's lock: behind it, what has none stays without.
      await transaction.query({ text: lockThese, values: [orderIds], name: 'payments.lockUnpaid' });
      const code: SettlementCode = 'NO_PAYMENT';
      const rows = await transaction.query<{ readonly id: bigint }>({ text: failUnpaid, values: [orderIds, code, now()] });
      return rows.map(({ id }) => id);
    },
  };
}

async function lock(transaction: Transaction, reports: readonly PaymentReport[]): Promise<Locked> {
  const ids = reports.map(({ paymentId }) => paymentId);
  const orderRows = await transaction.query<OrderRow>({ text: lockOrders, values: [ids], name: 'payments.lockOrders' });
  const orderIds = orderRows.map(({ id }) => id);
  const itemRows = await transaction.query<ItemRow>({ text: itemsOf, values: [orderIds], name: 'payments.itemsOf' });
  const items = Map.groupBy(itemRows, ({ order_id }) => order_id);
  const productIds = [...new Set(itemRows.map(({ product_id }) => product_id))];
  const products = await transaction.query<ProductRow>({ text: lockProducts, values: [productIds], name: 'payments.lockProducts' });
  const payments = await transaction.query<PaymentRow>({ text: paymentsOf, values: [orderIds], name: 'payments.paymentsOf' });
  return {
    orders: new Map(orderRows.map((row) => [row.id, orderOf(row, items.get(row.id) ?? [])])),
    payments: new Map(payments.map((row) => [row.id, paymentOf(row)])),
    stock: new Map(products.map(({ id, stock }) => [id, stock])),
    keysTaken: await keysTaken(transaction, reports),
  };
}

async function keysTaken(transaction: Transaction, reports: readonly PaymentReport[]): Promise<ReadonlySet<bigint>> {
  const paid = reports.flatMap(({ paymentId, answer }) => (answer.kind === 'paid' ? [{ paymentId, key: answer.transactionKey }] : []));
  if (paid.length === 0) return new Set();
  const values = [paid.map(({ paymentId }) => paymentId), paid.map(({ key }) => key)];
  const rows = await transaction.query<{ readonly id: bigint }>({ text: keysOfOthers, values, name: 'payments.keysOfOthers' });
  return new Set(rows.map(({ id }) => id));
}

function orderOf({ id, status, amount_minor }: OrderRow, items: readonly ItemRow[]): SettleableOrder {
  const lines = items.map(({ product_id, quantity }) => ({ productId: product_id, quantity }));
  return { orderId: id, status, amountMinor: amount_minor, items: lines };
}

function paymentOf(row: PaymentRow): OrderPayment {
  return {
    paymentId: row.id,
    orderId: row.order_id,
    status: row.status,
    isParked: row.park_reason !== null,
    isGivenBack: row.is_given_back,
    amountMinor: row.amount_minor,
    transactionKey: row.transaction_key,
  };
}

/** What a settlement makes of a payment's row. */
interface PaymentChange {
  readonly id: bigint;
  readonly status: OrderPayment['status'];
  /** What was captured, and under which key. */
  readonly captured?: Captured;
  readonly code?: string;
  readonly parkReason?: string;
}

function changeOf({ payment, settlement }: Settled): PaymentChange | undefined {
  const id = payment.paymentId;
  switch (settlement.kind) {
    case 'completed':
      return { id, status: 'SUCCESS', captured: { transactionKey: settlement.transactionKey, amountMinor: payment.amountMinor } };
    case 'failed':
      return { id, status: 'FAILED', code: settlement.code };
    case 'refunded':
      if (settlement.isRefundParked) return undefined;
      return { id, status: 'FAILED', code: settlement.code, captured: settlement.refund };
    case 'parked':
      return { id, status: 'PENDING', parkReason: settlement.code, ...(settlement.own !== undefined && { captured: settlement.own }) };
    case 'waiting':
      return { id, status: 'PENDING' };
    case 'unchanged':
      return undefined;
  }
}

async function writePayments(transaction: Transaction, settled: readonly Settled[], at: Date): Promise<void> {
  const changes = settled.map(changeOf).filter((change) => change !== undefined);
  if (changes.length === 0) return;
  const values = [
    changes.map(({ id }) => id),
    changes.map(({ status }) => status),
    changes.map(({ captured }) => captured?.transactionKey ?? null),
    changes.map(({ code }) => code ?? null),
    changes.map(({ parkReason }) => parkReason ?? null),
    at,
    changes.map(({ captured }) => captured?.amountMinor ?? null),
  ];
  await transaction.execute({ text: updatePayments, values, name: 'payments.updatePayments' });
}

/** The key of a charge that was captured after its payment had failed is the payment's with its amount, and completes no other. */
async function rememberKeys(transaction: Transaction, settled: readonly Settled[]): Promise<void> {
  const late = settled.flatMap(({ payment, settlement }) =>
    settlement.kind === 'refunded' && settlement.code === 'PAID_LATE' && payment.transactionKey === null
      ? [{ id: payment.paymentId, ...settlement.refund }]
      : [],
  );
  if (late.length === 0) return;
  const values = [late.map(({ id }) => id), late.map(({ transactionKey }) => transactionKey), late.map(({ amountMinor }) => amountMinor)];
  await transaction.execute({ text: updateKeys, values, name: 'payments.rememberKeys' });
}

async function writeOrders(transaction: Transaction, settled: readonly Settled[], at: Date): Promise<void> {
  const ended = settled.flatMap(({ order, settlement }) => {
    const status = orderAfter(settlement);
    return status === undefined ? [] : [{ id: order.orderId, status, code: 'code' in settlement ? settlement.code : null }];
  });
  if (ended.length === 0) return;
  const values = [ended.map(({ id }) => id), ended.map(({ status }) => status), ended.map(({ code }) => code), at];
  await transaction.execute({ text: updateOrders, values, name: 'payments.updateOrders' });
}

/** Answers the products that fell to their threshold or below. */
async function takeStock(transaction: Transaction, { taken }: SettledReports): Promise<ReadonlyMap<bigint, LowStock>> {
  if (taken.size === 0) return new Map();
  const statement = { text: updateStock, values: [[...taken.keys()], [...taken.values()]], name: 'payments.takeStock' };
  const rows = await transaction.query<LowRow>(statement);
  return new Map(rows.map(({ id, stock, threshold }) => [id, { productId: id, stock, threshold }]));
}

async function writeRefunds(transaction: Transaction, settled: readonly Settled[], at: Date): Promise<void> {
  const refunds = settled.flatMap(({ payment, settlement }) => {
    if ((settlement.kind !== 'refunded' && settlement.kind !== 'parked') || settlement.refund === undefined) return [];
    const isParked = settlement.kind === 'parked' || settlement.isRefundParked;
    return [{ id: payment.paymentId, ...settlement.refund, code: settlement.code, isParked }];
  });
  if (refunds.length === 0) return;
  const values = [
    refunds.map(({ id }) => id),
    refunds.map(({ amountMinor }) => amountMinor),
    refunds.map(({ transactionKey }) => transactionKey),
    refunds.map(({ code }) => code),
    refunds.map(({ isParked }) => isParked),
    at,
  ];
  await transaction.execute({ text: insertRefunds, values, name: 'payments.insertRefunds' });
}

/** One for each completed order. A product that fell low is told once, with the last order that took of it. */
function eventsOf(settled: readonly Settled[], low: ReadonlyMap<bigint, LowStock>, completedAt: Date): readonly OutboxMessage[] {
  const untold = new Map(low);
  const events: OutboxMessage[] = [];
  for (const { payment, order, settlement } of settled.toReversed()) {
    if (settlement.kind !== 'completed') continue;
    const lowStock = order.items.flatMap(({ productId }) => untold.get(productId) ?? []);
    for (const { productId } of lowStock) untold.delete(productId);
    const { paymentId, amountMinor } = payment;
    const { orderId } = order;
    const value = encodeSucceededPayment({ paymentId, orderId, amountMinor, completedAt, lowStock });
    events.push({ topic: succeededTopic, id: eventIdOf(payment), key: orderId.toString(), value });
  }
  return events.toReversed();
}

interface OrderRow {
  readonly id: bigint;
  readonly status: SettleableOrder['status'];
  readonly amount_minor: bigint;
}

interface ItemRow {
  readonly order_id: bigint;
  readonly product_id: bigint;
  readonly quantity: bigint;
}

interface ProductRow {
  readonly id: bigint;
  readonly stock: bigint;
}

interface PaymentRow {
  readonly id: bigint;
  readonly order_id: bigint;
  readonly status: OrderPayment['status'];
  readonly park_reason: string | null;
  readonly is_given_back: boolean;
  readonly amount_minor: bigint;
  readonly transaction_key: string | null;
}

interface LowRow {
  readonly id: bigint;
  readonly stock: bigint;
  readonly threshold: bigint;
}

const lockOrders = `
  SELECT id, status, amount_minor FROM payments.orders
  WHERE id IN (SELECT order_id FROM payments.payment WHERE id = ANY ($1::bigint[])) ORDER BY id FOR UPDATE`;

const lockThese = 'SELECT id FROM payments.orders WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE';

const failUnpaid = `
  UPDATE payments.orders SET status = 'FAILED', fail_code = $2, ended_at = $3
  WHERE id = ANY ($1::bigint[]) AND status = 'PENDING' AND NOT EXISTS (
    SELECT FROM payments.payment WHERE order_id = orders.id AND status <> 'FAILED'
  ) RETURNING id`;

const itemsOf = 'SELECT order_id, product_id, quantity FROM payments.order_item WHERE order_id = ANY ($1::bigint[])';

const lockProducts = 'SELECT id, stock FROM payments.product WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE';

// Read behind the lock of their orders, which everybody takes who changes them.
const paymentsOf = `
  SELECT id, order_id, status, park_reason, is_given_back, amount_minor, transaction_key FROM payments.payment WHERE order_id = ANY ($1::bigint[])`;

const keysOfOthers = `
  SELECT asked.id FROM unnest($1::bigint[], $2::text[]) AS asked (id, transaction_key) JOIN payments.payment AS own USING (id)
  WHERE ${isKeyOfAnother('own', 'asked.transaction_key')}`;

// The amount under another key than the payment's own is its refund's.
const updatePayments = `
  UPDATE payments.payment AS payment
  SET status = said.status, transaction_key = coalesce(payment.transaction_key, said.transaction_key), fail_code = said.fail_code,
    captured_minor = CASE WHEN said.transaction_key = coalesce(payment.transaction_key, said.transaction_key) THEN said.captured_minor
      ELSE payment.captured_minor END,
    park_reason = said.park_reason, asks = payment.asks + 1, ended_at = CASE WHEN said.status <> 'PENDING' THEN $6::timestamptz END,
    next_ask_at = CASE WHEN said.status = 'PENDING' THEN ${nextAskAt('$6', 'payment.asks')} END
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $7::bigint[])
    AS said (id, status, transaction_key, fail_code, park_reason, captured_minor)
  WHERE payment.id = said.id AND payment.status = 'PENDING'`;

const updateKeys = `
  UPDATE payments.payment AS payment SET (transaction_key, captured_minor) = (said.transaction_key, said.captured_minor)
  FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS said (id, transaction_key, captured_minor)
  WHERE payment.id = said.id AND payment.transaction_key IS NULL`;

const updateOrders = `
  UPDATE payments.orders AS ordered SET status = said.status, fail_code = said.fail_code, ended_at = $4
  FROM unnest($1::bigint[], $2::text[], $3::text[]) AS said (id, status, fail_code)
  WHERE ordered.id = said.id AND ordered.status = 'PENDING'`;

const updateStock = `
  WITH sold AS (
    UPDATE payments.product AS product SET stock = product.stock - taken.quantity
    FROM unnest($1::bigint[], $2::bigint[]) AS taken (id, quantity) WHERE product.id = taken.id
    RETURNING product.id, product.stock, product.low_stock_threshold AS threshold, product.stock + taken.quantity AS before
  )
  SELECT id, stock, threshold FROM sold WHERE stock <= threshold AND before > threshold`;

// Behind the lock of their orders, so that those of a payment are numbered one after another. Reported again, one changes nothing, unless
// it waited for a person who has now given back what it is about.
const insertRefunds = `
  INSERT INTO payments.refund
    (payment_id, nth, amount_minor, transaction_key, reason, status, park_reason, ended_at, requested_at, next_ask_at)
  SELECT payment_id, row_number() OVER (PARTITION BY payment_id ORDER BY place)
      + coalesce((SELECT max(nth) FROM payments.refund AS before WHERE before.payment_id = said.payment_id), 0),
    amount_minor, transaction_key, reason, CASE WHEN is_parked THEN 'PARKED' ELSE 'REQUESTED' END,
    CASE WHEN is_parked THEN reason END, CASE WHEN is_parked THEN $6::timestamptz END, $6::timestamptz, $6::timestamptz
  FROM (
    SELECT DISTINCT ON (payment_id, transaction_key) *
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::boolean[])
      WITH ORDINALITY AS report (payment_id, amount_minor, transaction_key, reason, is_parked, place)
    ORDER BY payment_id, transaction_key, place
  ) AS said
  ON CONFLICT (payment_id, transaction_key) DO UPDATE
  SET status = 'REQUESTED', reason = excluded.reason, amount_minor = excluded.amount_minor, park_reason = NULL, ended_at = NULL,
    next_ask_at = excluded.next_ask_at
  WHERE refund.park_reason = 'KEY_MISMATCH' AND excluded.status = 'REQUESTED'`;
