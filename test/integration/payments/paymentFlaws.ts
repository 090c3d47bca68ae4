import type { Payments } from './aPayments.ts';
import type { World } from './mixedWorld.ts';

/** What must never be seen of a world at any moment, also while nobody works: empty where all is well. */
export async function flawsOf(payments: Payments, world: World): Promise<readonly string[]> {
  const rows = await payments.database.query<{ readonly flaw: string }>(flaws);
  // Read after the rows: what they call done has been done by now.
  const charges = new Map(chargesOf(payments, world).map((charge) => [charge.paymentNumber, charge]));
  const refunds = await payments.database.query<RefundRow>(refundRows);
  const atGateways = refunds.flatMap(({ payment_number, payment_id, amount_minor, status }) => {
    const charge = charges.get(payment_number);
    const made = charge?.refunds ?? [];
    return [
      ...(charge?.amount === amount_minor ? [] : [`${payment_id} is not to be given back in full`]),
      ...(made.length > 1 ? [`${payment_id} was given back ${made.length} times`] : []),
      ...(made.every((one) => one.idempotencyKey === payment_id.toString()) ? [] : [`${payment_id} was given back under another key`]),
      ...(status === 'DONE' && made.length === 0 ? [`${payment_id} is called given back and is not`] : []),
      ...(status === 'REQUESTED' && made.length > 0 ? [`${payment_id} was given back before that was marked`] : []),
    ];
  });
  const requested = new Set(refunds.map(({ payment_number }) => payment_number));
  const unasked = [...charges.values()].filter((charge) => charge.refunds.length > 0 && !requested.has(charge.paymentNumber));
  return [...rows.map(({ flaw }) => flaw), ...atGateways, ...unasked.map((one) => `${one.paymentNumber} was given back for no reason`)];
}

/** Captured money by what became of it. */
export interface Money {
  readonly captured: bigint;
  readonly completed: bigint;
  readonly givenBack: bigint;
  readonly parked: bigint;
}

/** By the gateways' own record: what they captured, and what of it completed an order, went back, or waits for a person. */
export async function moneyOf(payments: Payments, world: World): Promise<Money> {
  const rows = await payments.database.query<PaymentRow>('SELECT payment_number, status, park_reason FROM payments.payment');
  const standing = new Map(rows.map((row) => [row.payment_number, row]));
  const charges = chargesOf(payments, world).filter(({ status }) => status === 'APPROVED');
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((left, right) => left + right, 0n);
  const sumOf = (is: (row: PaymentRow | undefined) => boolean): bigint =>
    sum(charges.filter(({ paymentNumber }) => is(standing.get(paymentNumber))).map(({ amount }) => amount));
  return {
    captured: sumOf(() => true),
    completed: sumOf((row) => row?.status === 'SUCCESS'),
    givenBack: sum(charges.flatMap(({ refunds }) => refunds.map(({ amount }) => amount))),
    parked: sumOf((row) => typeof row?.park_reason === 'string'),
  };
}

/** How often the gateways were asked for the refund that was asked for most often. */
export function mostRequests(payments: Payments, world: World): number {
  return Math.max(0, ...chargesOf(payments, world).flatMap(({ refunds }) => refunds.map(({ requests }) => requests)));
}

function chargesOf({ gateways }: Payments, world: World): ReturnType<Payments['gateways']['card']['record']> {
  const ours = new Set(world.payments.map(({ paymentNumber }) => paymentNumber));
  return Object.values(gateways).flatMap((gateway) => gateway.record().filter(({ paymentNumber }) => ours.has(paymentNumber)));
}

interface PaymentRow {
  readonly payment_number: string;
  readonly status: string;
  readonly park_reason: string | null;
}

interface RefundRow {
  readonly payment_id: bigint;
  readonly payment_number: string;
  readonly amount_minor: bigint;
  readonly status: string;
}

const refundRows = `
  SELECT payment_id, payment_number, refund.amount_minor, refund.status FROM payments.refund JOIN payments.payment ON payment.id = payment_id`;

// One statement, so that all is seen as of one moment. Ten of product 1 and one of product 2 were there at first.
const flaws = `
  SELECT 'order ' || id || ' is ' || status || ' with ' || paid || ' payments' AS flaw
  FROM (SELECT *, (SELECT count(*) FROM payments.payment WHERE order_id = orders.id AND status = 'SUCCESS') AS paid FROM payments.orders) AS orders
  WHERE paid <> CASE status WHEN 'COMPLETED' THEN 1 ELSE 0 END
  UNION ALL
  SELECT 'order ' || id || ' is ' || status || ' with ' || told || ' events'
  FROM (SELECT *, (SELECT count(*) FROM payments.outbox WHERE key = orders.id::text) AS told FROM payments.orders) AS orders
  WHERE told <> CASE status WHEN 'COMPLETED' THEN 1 ELSE 0 END
  UNION ALL
  SELECT 'order ' || order_id || ' has failed, payment ' || payment.id || ' is ' || payment.status
  FROM payments.payment JOIN payments.orders ON orders.id = order_id WHERE orders.status = 'FAILED' AND payment.status <> 'FAILED'
  UNION ALL
  SELECT 'of product ' || id || ' there are ' || stock || ', and ' || sold || ' are sold'
  FROM (SELECT product.id, stock, coalesce(sum(quantity) FILTER (WHERE orders.status = 'COMPLETED'), 0) AS sold
    FROM payments.product LEFT JOIN payments.order_item ON product_id = product.id LEFT JOIN payments.orders ON orders.id = order_id
    GROUP BY product.id) AS product
  WHERE stock < 0 OR stock + sold <> CASE id WHEN 1 THEN 10 ELSE 1 END
  UNION ALL
  SELECT 'of product ' || product.id || ' it was told ' || told || ' times that ' || stock || ' are few'
  FROM (SELECT *, (SELECT count(*) FROM payments.outbox, jsonb_array_elements(convert_from(value, 'UTF8')::jsonb -> 'lowStock') AS low
    WHERE low ->> 'productId' = product.id::text) AS told FROM payments.product) AS product
  WHERE told <> CASE WHEN stock <= low_stock_threshold THEN 1 ELSE 0 END
  UNION ALL
  SELECT 'payment ' || payment.id || ' is ' || payment.status || coalesce(' ' || fail_code, '') || ', its refund is ' || coalesce(refund.status, 'missing')
  FROM payments.payment LEFT JOIN payments.refund ON payment_id = payment.id
  WHERE (fail_code IN ('STOCK_SHORT', 'ORDER_ENDED') AND refund.status IS NULL) OR (payment.status <> 'FAILED' AND refund.status IS NOT NULL)`;
