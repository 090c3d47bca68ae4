import type { Database } from '../../src/connectors/database.ts';

/** Brings the tables to where so many orders of one item wait for their payment, over 1,000 products. */
export async function fillOrders(database: Database, count: number): Promise<void> {
  await database.execute(
    'TRUNCATE payments.product, payments.orders, payments.order_item, payments.payment, payments.outbox, payments.inbox, shop.bare CASCADE',
  );
  await database.execute(
    `INSERT INTO payments.product (id, name, stock) SELECT n, 'product ' || n, 1000000 FROM generate_series(1, 1000) AS n`,
  );
  await database.execute({
    text: `INSERT INTO payments.orders (id, amount_minor, buyer_email, created_at)
      SELECT n, 12000, 'ciphertext', '2026-11-01T00:00:00Z' FROM generate_series(1, $1::bigint) AS n`,
    values: [count],
  });
  await database.execute(
    'INSERT INTO payments.order_item (order_id, product_id, quantity) SELECT id, 1 + id % 1000, 1 FROM payments.orders',
  );
  await database.execute(`
    INSERT INTO payments.payment (id, order_id, payment_number, method, amount_minor, created_at)
    SELECT id, id, 'P-' || id, 'card', amount_minor, created_at FROM payments.orders`);
  await database.execute('VACUUM ANALYZE payments.product, payments.orders, payments.order_item, payments.payment');
  await database.execute('CHECKPOINT');
}

/** Throws unless so many orders are completed, with all that belongs to it. */
export async function requireSettled(database: Database, count: number): Promise<void> {
  const [row] = await database.query<Record<string, bigint>>(`
    SELECT
      (SELECT count(*) FROM payments.orders WHERE status = 'COMPLETED') AS orders,
      (SELECT count(*) FROM payments.payment WHERE status = 'SUCCESS') AS payments,
      (SELECT sum(1000000 - stock)::bigint FROM payments.product) AS sold,
      (SELECT count(*) FROM payments.outbox) AS events,
      (SELECT count(*) FROM payments.inbox) AS received`);
  const wrong = Object.entries(row ?? {}).filter(([, found]) => found !== BigInt(count));
  if (row === undefined || wrong.length > 0)
    throw new Error(`Of ${count} orders: ${wrong.map(([what, found]) => `${what} ${found}`).join(', ')}.`);
}
