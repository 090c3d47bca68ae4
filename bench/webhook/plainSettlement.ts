import type { Client, QueryConfig } from 'pg';

/** An event as a team would settle it by hand: one transaction, a prepared statement for each step, nothing decided but by the rows. */
export async function settlePlainly(client: Client, order: number): Promise<void> {
  await client.query('BEGIN');
  const [payment] = await rows(client, steps.findPayment, ['card', `P-${order}`]);
  if (payment === undefined) throw new Error(`There is no payment of order ${order}.`);
  const { id, order_id: orderId } = payment;
  await client.query(step(steps.receive, ['card', `E-${order}`]));
  await client.query(step(steps.lockOrder, [orderId]));
  const [item] = await rows(client, steps.readItem, [orderId]);
  await client.query(step(steps.lockProduct, [item?.['product_id']]));
  await client.query(step(steps.endPayment, [id, `T-${order}`]));
  await client.query(step(steps.endOrder, [orderId]));
  await client.query(step(steps.takeStock, [item?.['product_id'], item?.['quantity']]));
  await client.query(step(steps.insertEvent, [String(orderId), JSON.stringify({ paymentId: String(id), orderId: String(orderId) })]));
  await client.query('COMMIT');
}

/** One row, and nothing else: what a commit takes. */
export async function insertBare(client: Client, order: number): Promise<void> {
  await client.query(step(['insertBare', 'INSERT INTO shop.bare (id) VALUES ($1)'], [order]));
}

type Step = readonly [name: string, text: string];

function step([name, text]: Step, values: unknown[]): QueryConfig {
  return { name, text, values };
}

async function rows(client: Client, what: Step, values: unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { rows: found } = await client.query<Record<string, unknown>>(step(what, values));
  return found;
}

const steps = {
  findPayment: ['findPayment', 'SELECT id, order_id FROM payments.payment WHERE method = $1 AND payment_number = $2'],
  receive: ['receive', 'INSERT INTO payments.inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING'],
  lockOrder: ['lockOrder', 'SELECT status, amount_minor FROM payments.orders WHERE id = $1 FOR UPDATE'],
  readItem: ['readItem', 'SELECT product_id, quantity FROM payments.order_item WHERE order_id = $1'],
  lockProduct: ['lockProduct', 'SELECT stock FROM payments.product WHERE id = $1 FOR UPDATE'],
  endPayment: ['endPayment', `UPDATE payments.payment SET status = 'SUCCESS', transaction_key = $2, ended_at = now() WHERE id = $1`],
  endOrder: ['endOrder', `UPDATE payments.orders SET status = 'COMPLETED', ended_at = now() WHERE id = $1`],
  takeStock: ['takeStock', 'UPDATE payments.product SET stock = stock - $2 WHERE id = $1'],
  insertEvent: [
    'insertEvent',
    `INSERT INTO payments.outbox (topic, key, headers, value) VALUES ('payment.succeeded', $1, '{}', convert_to($2, 'UTF8'))`,
  ],
} as const satisfies Readonly<Record<string, Step>>;
