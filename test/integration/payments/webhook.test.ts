import { beforeAll, beforeEach, expect, it } from 'vitest';
import { bindApiRoutes } from '../../../src/api/boundApiRoute.ts';
import { startApi } from '../../../src/api/startApi.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { forgetEvents } from '../../../src/runtime/outbox/forgetEvents.ts';
import { paymentsOutbox } from '../../../pipelines/payments/paymentsOutbox.ts';
import { webhookRoute } from '../../../pipelines/payments/webhook.routes.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aPayments, aProduct, anOrder, emptied, standOf, type Payments } from './aPayments.ts';

const secret = 'a secret of the card gateway';

let payments: Payments;
let url: string;

beforeAll(async () => {
  payments = await aPayments();
  const routes = bindApiRoutes([webhookRoute], {
    webhooks: payments.webhooks,
    webhookSecrets: (gateway: string) => (gateway === 'card' ? ['an old secret that is still active', secret] : []),
  });
  const server = await startApi({
    ...{ host: '127.0.0.1', port: 0, clock: realClock, routes, log: silent },
    limits: { bodyBytes: 65_536, requestTimeoutMs: 10_000, maxConnections: 100 },
    callers: { limit: () => undefined, admit: () => Promise.reject(new TypeError('nobody asks with a token')) },
    meter: { watch: () => undefined, answered: () => undefined },
  });
  atTheEnd(async () => {
    await server.close(AbortSignal.abort());
  });
  url = server.url;
  payments.gateways.card.webhooks.sendTo(`${url}/webhooks/payments/card`);
});

beforeEach(() => emptied(payments));

const lastAnswers = (): readonly (number | undefined)[] => payments.gateways.card.webhooks.deliveries.map(({ status }) => status);

it('completes an order at once, and an event that comes again changes nothing', async () => {
  await aProduct(payments, 1n, 5n);
  const order = await anOrder(payments, { items: [[1n, 2n]] });
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'APPROVED' });
  const { paymentNumber } = order;
  for (let time = 0; time < 3; time += 1) await payments.gateways.card.sendWebhook({ paymentNumber, eventId: 'evt-1' });
  expect(lastAnswers().slice(-3)).toEqual([200, 200, 200]);
  expect(await standOf(payments, order)).toMatchObject([{ order: 'COMPLETED', payment: 'SUCCESS' }]);
  expect(await payments.database.query('SELECT stock::int FROM payments.product')).toEqual([{ stock: 3 }]);
  expect(await payments.database.query('SELECT count(*)::int FROM payments.outbox')).toEqual([{ count: 1 }]);
  expect(await payments.database.query('SELECT count(*)::int FROM payments.inbox')).toEqual([{ count: 1 }]);
});

it('events, callbacks of other ids and reconciliations that race for one order have one effect', async () => {
  await aProduct(payments, 1n, 50n);
  const orders = [];
  for (let index = 0; index < 20; index += 1) orders.push(await anOrder(payments, { items: [[1n, 1n]] }));
  for (const { paymentNumber } of orders) payments.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await Promise.all([
    payments.run('reconcile'),
    ...orders.flatMap(({ paymentNumber }) =>
      ['a', 'a', 'b'].map((name) => payments.gateways.card.sendWebhook({ paymentNumber, eventId: `${paymentNumber}-${name}` })),
    ),
  ]);
  expect(await payments.database.query('SELECT stock::int FROM payments.product')).toEqual([{ stock: 30 }]);
  expect(await payments.database.query(`SELECT count(*)::int FROM payments.orders WHERE status = 'COMPLETED'`)).toEqual([{ count: 20 }]);
  expect(await payments.database.query('SELECT count(*)::int, count(DISTINCT key)::int AS keys FROM payments.outbox')).toEqual([
    { count: 20, keys: 20 },
  ]);
});

it('200 orders for 50 items, from two runs and webhooks at once: exactly 50 are sold, 150 given back in full, the gateway says the same', async () => {
  await aProduct(payments, 1n, 50n);
  const orders = await Promise.all(Array.from({ length: 200 }, () => anOrder(payments, { items: [[1n, 1n]] })));
  for (const { paymentNumber } of orders) payments.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await Promise.all([
    payments.run('reconcile'),
    payments.run('reconcile'),
    ...orders.map(({ paymentNumber }) => payments.gateways.card.sendWebhook({ paymentNumber })),
  ]);
  payments.pass(1);
  await payments.run('refund');
  const [row] = await payments.database.query(`
    SELECT count(*) FILTER (WHERE orders.status = 'COMPLETED')::int AS sold, count(*) FILTER (WHERE refund.status = 'DONE')::int AS back,
      count(*) FILTER (WHERE orders.status = 'PENDING')::int AS waiting, (SELECT stock::int FROM payments.product) AS stock
    FROM payments.orders JOIN payments.payment ON order_id = orders.id LEFT JOIN payments.refund ON payment_id = payment.id`);
  expect(row).toEqual({ sold: 50, back: 150, waiting: 0, stock: 0 });
  const numbers = new Set(orders.map(({ paymentNumber }) => paymentNumber));
  const charges = payments.gateways.card.record().filter(({ paymentNumber }) => numbers.has(paymentNumber));
  const backs = charges.map(({ refunds }) => refunds.reduce((sum, { amount }) => sum + amount, 0n));
  expect([backs.filter((back) => back === 0n).length, backs.filter((back) => back === 12_000n).length]).toEqual([50, 150]);
});

it.each([
  ['wrongSignature', { kind: 'wrongSignature' }],
  ['stale', { kind: 'stale', byS: 301 }],
] as const)('refuses a webhook that is %s with 401, and changes nothing', async (_name, action) => {
  const order = await anOrder(payments);
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'APPROVED' });
  payments.gateways.card.webhooks.faults.add({ phase: 'webhook', action, times: 1 });
  await payments.gateways.card.sendWebhook({ paymentNumber: order.paymentNumber });
  expect(lastAnswers().at(-1)).toBe(401);
  expect(await standOf(payments, order)).toMatchObject([{ order: 'PENDING', payment: 'PENDING' }]);
  expect(await payments.database.query('SELECT FROM payments.inbox')).toEqual([]);
});

it('parks a payment of another amount, and leaves nothing of an event about no payment of ours', async () => {
  const order = await anOrder(payments);
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await payments.gateways.card.sendWebhook({ paymentNumber: order.paymentNumber, amount: 12_001n });
  expect(lastAnswers().at(-1)).toBe(200);
  expect(await standOf(payments, order)).toMatchObject([{ order: 'PENDING', payment: 'PENDING', parked: 'AMOUNT_MISMATCH' }]);
  payments.gateways.card.charge({ paymentNumber: 'P-of-somebody-else', amount: 1n, status: 'APPROVED' });
  await payments.gateways.card.sendWebhook({ paymentNumber: 'P-of-somebody-else', eventId: 'evt-strange' });
  expect(lastAnswers().at(-1)).toBe(404);
  expect(await payments.database.query(`SELECT FROM payments.inbox WHERE event_id = 'evt-strange'`)).toEqual([]);
});

it('leaves a payment alone of which another attempt was declined', async () => {
  const order = await anOrder(payments, { transactionKey: 'the attempt that counts' });
  const { paymentNumber } = order;
  payments.gateways.card.charge({ paymentNumber, transactionKey: 'the attempt before', amount: 12_000n, status: 'DECLINED' });
  await payments.gateways.card.sendWebhook({ paymentNumber, type: 'payment.failed' });
  expect(lastAnswers().at(-1)).toBe(200);
  expect(await standOf(payments, order)).toMatchObject([{ order: 'PENDING', payment: 'PENDING' }]);
});

it('is forgotten as the inbox of the schema is, and an event that comes again after that changes nothing', async () => {
  const order = await anOrder(payments);
  const { paymentNumber } = order;
  payments.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
  await payments.gateways.card.sendWebhook({ paymentNumber, eventId: 'evt-old' });
  expect(await payments.database.query('SELECT consumer, event_id FROM payments.inbox')).toEqual([
    { consumer: 'webhooks/card', event_id: 'evt-old' },
  ]);
  await payments.database.execute(`UPDATE payments.inbox SET received_at = clock_timestamp() - interval '91 days'`);
  await forgetEvents(payments.database, [paymentsOutbox.schema], 90, new AbortController().signal);
  expect(await payments.database.query('SELECT FROM payments.inbox')).toEqual([]);
  await payments.gateways.card.sendWebhook({ paymentNumber, eventId: 'evt-old' });
  expect(lastAnswers().at(-1)).toBe(200);
  expect(await standOf(payments, order)).toMatchObject([{ order: 'COMPLETED', payment: 'SUCCESS', refund: null }]);
  expect(await payments.database.query('SELECT count(*)::int FROM payments.outbox')).toEqual([{ count: 1 }]);
});

it('takes nothing from a gateway that has no secret, or is none', async () => {
  for (const gateway of ['wallet', 'constructor', '..%2f']) {
    const answer = await fetch(`${url}/webhooks/payments/${gateway}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(404);
  }
});
