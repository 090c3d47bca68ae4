import { table } from '../../src/commandLine/table.ts';
import type { Queryable } from '../../src/connectors/database.ts';
import type { Inbox } from '../../simulators/inbox.ts';
import type { Gateways } from '../startOutside.ts';
import type { Check } from './closing.ts';
import { orderCount, products } from './shop.ts';
import { say } from './tell.ts';

/** What the orders of the shop are compared with. */
export interface ShopRecords {
  readonly database: Queryable;
  readonly gateways: Gateways;
  readonly inbox: Inbox;
}

interface EndRow {
  readonly order: string;
  readonly payment: string;
  readonly refund: string;
  readonly orders: number;
  readonly amount: bigint;
}

/** Shows how every order ended, and what became of the money; answers what must hold. */
export async function closeShop({ database, gateways, inbox }: ShopRecords): Promise<readonly Check[]> {
  const ends = await database.query<EndRow>(byEnd);
  say('Orders that hung, by their end');
  const cells = ends.map(({ order, payment, refund, orders, amount }) => [order, payment, refund, orders, won(amount)]);
  console.log(table(['order', 'payment', 'given back', 'orders', 'KRW'], cells));
  const stocks = await database.query<StockRow>(byProduct);
  say('Stock: there at first = sold + left');
  const before = new Map(products.map(({ id, stock }) => [id, stock]));
  console.log(
    table(
      ['product', 'at first', 'sold', 'left'],
      stocks.map(({ id, name, sold, stock }) => [name, String(before.get(id)), String(sold), String(stock)]),
    ),
  );
  const [ours] = await database.query<MoneyRow>(money);
  const theirs = Object.values(gateways).flatMap((gateway) => gateway.record());
  const captured = sum(theirs.filter(({ status }) => status === 'APPROVED').map(({ amount }) => amount));
  const refunds = theirs.flatMap((charge) => charge.refunds);
  const givenBack = sum(refunds.map(({ amount }) => amount));
  const confirmed = inbox.received().filter(({ to }) => to.some((address) => address.endsWith('@shop.example')));
  return [
    {
      what: 'orders at their end, or waiting for a person with a reason',
      found: `${ours?.ended} + ${ours?.parked} = ${orderCount}`,
      holds: Number(ours?.ended) + Number(ours?.parked) === orderCount,
    },
    {
      what: 'phones: 80 orders for 50',
      found: `${stocks[0]?.sold} sold, ${stocks[0]?.stock} left`,
      holds: stocks[0]?.sold === 50n && stocks[0].stock === 0n,
    },
    {
      what: 'stock at first = sold + left',
      found: stocks.map(({ sold, stock }) => String(sold + stock)).join(', '),
      holds: stocks.every(({ id, sold, stock }) => sold + stock === before.get(id)),
    },
    {
      what: 'captured by the gateways = completed + given back + waiting',
      found: `${won(captured)} = ${won(ours?.completed ?? 0n)} + ${won(givenBack)} + ${won(ours?.waiting ?? 0n)}`,
      holds: captured === (ours?.completed ?? 0n) + givenBack + (ours?.waiting ?? 0n),
    },
    {
      what: "refunds in our books = the gateways' own, each once",
      found: `${ours?.refunds} = ${refunds.length}`,
      holds: Number(ours?.refunds) === refunds.length && ours?.refunded === givenBack,
    },
    {
      what: 'completed orders = confirmation mails, one each, and those that nobody can tell about',
      found: `${ours?.orders} = ${confirmed.length}, ${ours?.untold} unknown`,
      holds:
        confirmed.length <= Number(ours?.orders) &&
        confirmed.length >= Number(ours?.orders) - Number(ours?.untold) &&
        new Set(confirmed.flatMap(({ to }) => to)).size === confirmed.length,
    },
  ];
}

function won(amount: bigint): string {
  return amount.toLocaleString('en-US');
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((left, right) => left + right, 0n);
}

interface StockRow {
  readonly id: bigint;
  readonly name: string;
  readonly stock: bigint;
  readonly sold: bigint;
}

interface MoneyRow {
  readonly ended: bigint;
  readonly parked: bigint;
  readonly orders: bigint;
  readonly completed: bigint;
  readonly refunds: bigint;
  readonly refunded: bigint;
  readonly waiting: bigint;
  readonly untold: bigint;
}

const byEnd = `
  SELECT orders.status || coalesce(' ' || orders.fail_code, '') AS order,
    coalesce(payment.status || coalesce(' ' || coalesce(payment.park_reason, payment.fail_code), ''), 'none') AS payment,
    coalesce(refund.status, '') AS refund, count(*)::int AS orders, sum(orders.amount_minor)::bigint AS amount
  FROM payments.orders LEFT JOIN payments.payment ON order_id = orders.id LEFT JOIN payments.refund ON payment_id = payment.id
  GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1`;

const byProduct = `
  SELECT product.id, name, stock, coalesce(sum(quantity) FILTER (WHERE orders.status = 'COMPLETED'), 0)::bigint AS sold
  FROM payments.product LEFT JOIN payments.order_item ON product_id = product.id LEFT JOIN payments.orders ON orders.id = order_id
  GROUP BY product.id ORDER BY product.id`;

// What waits for a person was captured with another amount than the order's.
const money = `
  SELECT (SELECT count(*) FROM payments.orders WHERE status <> 'PENDING') AS ended,
    (SELECT count(*) FROM payments.payment WHERE park_reason IS NOT NULL) AS parked,
    (SELECT count(*) FROM payments.orders WHERE status = 'COMPLETED') AS orders,
    (SELECT coalesce(sum(amount_minor), 0)::bigint FROM payments.orders WHERE status = 'COMPLETED') AS completed,
    (SELECT count(*) FROM payments.refund WHERE status = 'DONE') AS refunds,
    (SELECT coalesce(sum(amount_minor), 0)::bigint FROM payments.refund WHERE status = 'DONE') AS refunded,
    (SELECT coalesce(sum(amount_minor - 1000), 0)::bigint FROM payments.payment WHERE park_reason IS NOT NULL) AS waiting,
    (SELECT count(*) FROM payments.notice WHERE kind = 'CONFIRMATION' AND status = 'PARKED') AS untold`;
