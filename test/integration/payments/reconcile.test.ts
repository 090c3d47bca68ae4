import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { methods } from '../../../pipelines/payments/payment.ts';
import { succeededPaymentSchema } from '../../../pipelines/payments/succeededPayment.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { aPayment, aPayments, aProduct, anOrder, emptied, standOf, type Payments } from './aPayments.ts';

let payments: Payments;

beforeAll(async () => {
  payments = await aPayments();
});

beforeEach(() => emptied(payments));

const ended = { order: 'COMPLETED', orderCode: null, payment: 'SUCCESS', code: null, parked: null, refund: null, back: null };
const failed = { ...ended, order: 'FAILED', payment: 'FAILED' };
const waits = { ...ended, order: 'PENDING', payment: 'PENDING' };
const stock = async (id: bigint): Promise<bigint | undefined> =>
  (await payments.database.query<{ stock: bigint }>({ text: 'SELECT stock FROM payments.product WHERE id = $1', values: [id] }))[0]?.stock;

describe.each(methods)('payments by %s', (method) => {
  it('complete their orders, known by key or by number only, and take the stock', async () => {
    await aProduct(payments, 1n, 10n);
    const known = await anOrder(payments, { method, transactionKey: `known-${method}`, items: [[1n, 2n]] });
    const lost = await anOrder(payments, { method, items: [[1n, 3n]] });
    const gateway = payments.gateways[method];
    gateway.charge({ paymentNumber: known.paymentNumber, transactionKey: `known-${method}`, amount: 12_000n, status: 'APPROVED' });
    gateway.charge({ paymentNumber: lost.paymentNumber, amount: 12_000n, status: 'APPROVED' });
    expect(await payments.run('reconcile')).toMatchObject({ how: 'completed' });
    expect(await standOf(payments, known)).toEqual([ended]);
    expect(await standOf(payments, lost)).toEqual([ended]);
    expect(await stock(1n)).toBe(5n);
  });

  it('fail when they were declined or the gateway has never heard of them, and wait while it does not know yet', async () => {
    const [declined, unknown, pending] = [
      await anOrder(payments, { method }),
      await anOrder(payments, { method }),
      await anOrder(payments, { method }),
    ];
    const gateway = payments.gateways[method];
    gateway.charge({ paymentNumber: declined.paymentNumber, amount: 12_000n, status: 'DECLINED' });
    gateway.charge({ paymentNumber: pending.paymentNumber, amount: 12_000n, status: 'PENDING' });
    await payments.run('reconcile');
    expect(await standOf(payments, declined)).toEqual([{ ...failed, orderCode: 'DECLINED', code: 'DECLINED' }]);
    expect(await standOf(payments, unknown)).toEqual([{ ...failed, orderCode: 'NOT_FOUND', code: 'NOT_FOUND' }]);
    expect(await standOf(payments, pending)).toEqual([waits]);
    gateway.charge({ paymentNumber: pending.paymentNumber, amount: 12_000n, status: 'APPROVED' });
    payments.pass(2);
    await payments.run('reconcile');
    expect(await standOf(payments, pending)).toEqual([ended]);
  });

  it('are given back in full, once, when the stock does not reach', async () => {
    await aProduct(payments, 1n, 1n);
    const order = await anOrder(payments, { method, items: [[1n, 2n]] });
    payments.gateways[method].charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'APPROVED' });
    await payments.run('reconcile');
    const short = { ...failed, orderCode: 'STOCK_SHORT', code: 'STOCK_SHORT', back: 12_000n };
    expect(await standOf(payments, order)).toEqual([{ ...short, refund: 'REQUESTED' }]);
    // The answer to the first request is lost after its effect.
    payments.gateways[method].faults.add({ phase: 'after', action: { kind: 'cut' }, on: 'refunds', to: order.paymentNumber, times: 1 });
    payments.pass(1);
    await payments.run('refund', payments.database, { ask: { retry: { maxRetries: 0 } } });
    payments.pass(1);
    await payments.run('refund');
    expect(await standOf(payments, order)).toEqual([{ ...short, refund: 'DONE' }]);
    const charge = payments.gateways[method].record().find(({ paymentNumber }) => paymentNumber === order.paymentNumber);
    expect(charge?.refunds.map(({ amount }) => amount)).toEqual([12_000n]);
    expect(await stock(1n)).toBe(1n);
  });
});

test.each(['cut', 'silence'] as const)(
  'nothing changes while a gateway does not answer (%s), and the others are asked all the same',
  async (kind) => {
    const [silent, other] = [await anOrder(payments, { method: 'card' }), await anOrder(payments, { method: 'wallet' })];
    payments.gateways.card.charge({ paymentNumber: silent.paymentNumber, amount: 12_000n, status: 'DECLINED' });
    payments.gateways.wallet.charge({ paymentNumber: other.paymentNumber, amount: 12_000n, status: 'APPROVED' });
    payments.gateways.card.faults.add({ phase: 'before', action: { kind } });
    const end = await payments.run('reconcile', payments.database, { ask: { timeLimitMs: 1_000, holdMs: 100 } });
    expect(end).toMatchObject({ how: 'completed' });
    expect(await standOf(payments, silent)).toEqual([waits]);
    expect(await standOf(payments, other)).toEqual([ended]);
  },
);

test('an amount that differs completes nothing and gives nothing back: a person has to look', async () => {
  const order = await anOrder(payments);
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 11_000n, status: 'APPROVED' });
  await payments.run('reconcile');
  payments.pass(1);
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toEqual([{ ...waits, parked: 'AMOUNT_MISMATCH' }]);
});

test('an order with two payments is paid by one of them, and the other is given back', async () => {
  const order = await anOrder(payments);
  const second = await aPayment(payments, order.orderId);
  for (const { paymentNumber } of [order, second]) payments.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toEqual([
    ended,
    { ...ended, payment: 'FAILED', code: 'ORDER_ENDED', refund: 'REQUESTED', back: 12_000n },
  ]);
});

test('a declined payment leaves its order waiting while another may still pay it', async () => {
  const order = await anOrder(payments);
  const second = await aPayment(payments, order.orderId, { createdAt: '2026-11-01T02:59:00Z' });
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'DECLINED' });
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toMatchObject([{ order: 'PENDING', payment: 'FAILED' }, { payment: 'PENDING' }]);
  payments.gateways.card.charge({ paymentNumber: second.paymentNumber, amount: 12_000n, status: 'APPROVED' });
  payments.pass(10);
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toMatchObject([{ order: 'COMPLETED' }, { payment: 'SUCCESS' }]);
});

test('orders without any payment fail, those that are younger than ten minutes are left alone', async () => {
  const [old, young] = [
    await anOrder(payments, { hasPayment: false }),
    await anOrder(payments, { hasPayment: false, createdAt: '2026-11-01T02:51:00Z' }),
  ];
  const youngPaid = await anOrder(payments, { createdAt: '2026-11-01T02:51:00Z' });
  await payments.run('reconcile');
  expect(await standOf(payments, old)).toMatchObject([{ order: 'FAILED', orderCode: 'NO_PAYMENT' }]);
  expect(await standOf(payments, young)).toMatchObject([{ order: 'PENDING' }]);
  expect(await standOf(payments, youngPaid)).toMatchObject([{ order: 'PENDING', payment: 'PENDING' }]);
});

test('orders whose payments have all failed fail too, ten minutes after the last of them', async () => {
  const order = await anOrder(payments);
  await aPayment(payments, order.orderId);
  await payments.database.execute(`
    UPDATE payments.payment SET status = 'FAILED', fail_code = 'DECLINED',
      ended_at = CASE id WHEN (SELECT max(id) FROM payments.payment) THEN '2026-11-01T02:55:00Z' ELSE '2026-11-01T02:31:00Z' END::timestamptz`);
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toMatchObject([{ order: 'PENDING' }, { order: 'PENDING' }]);
  payments.pass(5);
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toMatchObject([{ order: 'FAILED', orderCode: 'NO_PAYMENT', payment: 'FAILED' }, {}]);
});

test('one event for each completed order, in its transaction, which tells once of the stock that fell low', async () => {
  await aProduct(payments, 1n, 10n, 5n);
  const orders = [];
  for (let index = 0; index < 4; index += 1) orders.push(await anOrder(payments, { items: [[1n, 2n]] }));
  for (const { paymentNumber } of orders) payments.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await payments.run('reconcile');
  const rows = await payments.database.query<{ key: string; value: Uint8Array; headers: Record<string, string> }>(
    'SELECT key, value, headers FROM payments.outbox ORDER BY id',
  );
  const events = rows.map(({ value }) => succeededPaymentSchema.parse(JSON.parse(Buffer.from(value).toString())));
  expect(rows.map(({ key }) => key)).toEqual(orders.map(({ orderId }) => orderId.toString()));
  expect(events.map(({ paymentId }) => paymentId)).toEqual(orders.map(({ paymentId }) => paymentId));
  expect(events.flatMap(({ lowStock }) => lowStock)).toEqual([{ productId: 1n, stock: 2n, threshold: 5n }]);
});

test('many orders that race for the last items of several products, in chunks of one run: stock is never sold twice', async () => {
  for (const id of [1n, 2n, 3n]) await aProduct(payments, id, 20n);
  const orders = [];
  for (let index = 0; index < 60; index += 1) {
    const id = BigInt(1 + (index % 3));
    const method = methods[index % 3] ?? 'card';
    orders.push(
      await anOrder(payments, {
        method,
        items: [
          [id, 1n],
          [id === 3n ? 1n : id + 1n, 1n],
        ],
      }),
    );
  }
  for (const { method, paymentNumber } of orders) payments.gateways[method].charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await payments.run('reconcile', payments.database, { chunk: { size: 5 } });
  const [row] = await payments.database.query<{ sold: number; failed: number; refunds: number; left: number }>(`
    SELECT count(*) FILTER (WHERE status = 'COMPLETED')::int AS sold, count(*) FILTER (WHERE status = 'FAILED')::int AS failed,
      (SELECT count(*)::int FROM payments.refund) AS refunds, (SELECT sum(stock)::int FROM payments.product) AS left
    FROM payments.orders`);
  const { sold = 0, failed: short = 0, refunds, left } = row ?? {};
  expect(sold + short).toBe(60);
  expect(refunds).toBe(short);
  expect(2 * sold + (left ?? 0)).toBe(60);
  // What is left reaches for no order: of two of three products there is nothing.
  const empty = await payments.database.query('SELECT FROM payments.product WHERE stock = 0');
  expect(empty.length).toBeGreaterThanOrEqual(2);
});

test('a refund whose answer is lost is asked about before it is asked for again, also within a run', async () => {
  await aProduct(payments, 77n, 1n);
  const order = await anOrder(payments, { method: 'card', items: [[77n, 2n]] });
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await payments.run('reconcile');
  payments.gateways.card.faults.add({ phase: 'after', action: { kind: 'cut' }, on: 'refunds', to: order.paymentNumber, times: 1 });
  payments.pass(1);
  const asked: string[] = [];
  const wire = (client: HttpClient): HttpClient => ({
    ...client,
    ask: (request, signal) => {
      asked.push(request.method);
      return client.ask(request, signal);
    },
  });
  await payments.run('refund', payments.database, {}, { wire });
  expect(asked).toEqual(['POST', 'GET']);
});
