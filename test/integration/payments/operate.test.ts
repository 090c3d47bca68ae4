import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPaymentStore } from '../../../pipelines/payments/findPaymentStore.ts';
import { operatePaymentStore, type OperatePaymentStore } from '../../../pipelines/payments/operatePaymentStore.ts';
import { findPaymentRoute, listPaymentsRoute, type OperatePaymentPorts } from '../../../pipelines/payments/operate.routes.ts';
import { anOrder, aPayment, aPayments, emptied, standOf, type Payments, type StuckOrder } from './aPayments.ts';

const noon = new Date('2026-11-01T03:00:00Z');
const asker = { name: 'kim', role: 'viewer' } as const;
let payments: Payments;
let operations: OperatePaymentStore;
let ports: OperatePaymentPorts;

beforeAll(async () => {
  payments = await aPayments();
  operations = operatePaymentStore(() => noon);
  ports = { paymentOperations: operations, paymentFinds: findPaymentStore(payments.database, () => noon) };
});

beforeEach(() => emptied(payments));

function act(how: keyof OperatePaymentStore, { paymentId }: Pick<StuckOrder, 'paymentId'>): Promise<object> {
  return payments.database.withTransaction((transaction) => operations[how](transaction, paymentId));
}

function list(input: object = {}): Promise<{ payments: readonly Record<string, unknown>[]; next: string | null }> {
  const asked = listPaymentsRoute.answer(ports, listPaymentsRoute.input.parse(input), asker);
  return asked as unknown as Promise<{ payments: readonly Record<string, unknown>[]; next: string | null }>;
}

/** A payment of which the gateway has captured another amount than it was asked for. */
async function aParked(): Promise<StuckOrder> {
  const order = await anOrder(payments);
  payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 11_000n, status: 'APPROVED' });
  await payments.run('reconcile');
  expect(await standOf(payments, order)).toMatchObject([{ parked: 'AMOUNT_MISMATCH' }]);
  return order;
}

/** A payment whose refund the gateway has refused. */
async function aParkedRefund(): Promise<StuckOrder> {
  const order = await anOrder(payments);
  await payments.database.execute(`UPDATE payments.orders SET status = 'FAILED', fail_code = 'DECLINED', ended_at = created_at`);
  await payments.database.execute(`UPDATE payments.payment SET status = 'FAILED', fail_code = 'ORDER_ENDED', ended_at = created_at`);
  await payments.database.execute({
    text: `INSERT INTO payments.refund (payment_id, amount_minor, transaction_key, reason, status, requested_at, next_ask_at, ended_at, park_reason)
      VALUES ($1, 12000, 'tx-of-refund', 'ORDER_ENDED', 'PARKED', $2, $2, $2, 'closed')`,
    values: [order.paymentId, noon],
  });
  return order;
}

/** A payment whose charge was of another amount, and went back before captured amounts were kept. */
async function aParkedRefundOf(transactionKey: string): Promise<StuckOrder> {
  const order = await anOrder(payments, { transactionKey });
  await payments.database.execute({
    text: `INSERT INTO payments.refund (payment_id, amount_minor, transaction_key, reason, status, requested_at, next_ask_at, ended_at)
      VALUES ($1, 11500, $2, 'PAID_LATE', 'DONE', $3, $3, $3)`,
    values: [order.paymentId, transactionKey, noon],
  });
  return order;
}

describe('giving back', () => {
  it('ends a parked payment: exactly what was captured goes back, and nothing is completed', async () => {
    const order = await aParked();
    expect(await act('giveBack', order)).toMatchObject({ orderId: order.orderId, parkReason: 'AMOUNT_MISMATCH' });
    payments.pass(1);
    await payments.run('reconcile');
    expect(await standOf(payments, order)).toEqual([
      { order: 'FAILED', orderCode: 'GIVEN_BACK', payment: 'FAILED', code: 'GIVEN_BACK', parked: null, refund: 'REQUESTED', back: 11_000n },
    ]);
    payments.pass(1);
    await payments.run('refund');
    expect(await standOf(payments, order)).toMatchObject([{ refund: 'DONE', back: 11_000n }]);
  });

  it('is refused where nothing is parked', async () => {
    const order = await anOrder(payments);
    await expect(act('giveBack', order)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('not parked') as string,
    });
  });
});

describe('asking again', () => {
  it('decides about a parked payment anew, by what the gateway says now', async () => {
    const order = await aParked();
    await act('ask', order);
    payments.pass(1);
    await payments.run('reconcile');
    expect(await standOf(payments, order)).toMatchObject([{ payment: 'PENDING', parked: 'AMOUNT_MISMATCH', refund: null }]);
  });

  it('takes back that it is given back', async () => {
    const order = await aMismatch();
    for (const how of ['giveBack', 'ask'] as const) await act(how, order);
    await paid(order, 'its own after all');
    expect(await standOf(payments, order)).toMatchObject([{ order: 'COMPLETED', payment: 'SUCCESS', refund: null }]);
  });

  it('brings one forward that waits for its next time', async () => {
    const order = await anOrder(payments);
    await payments.database.execute(`UPDATE payments.payment SET next_ask_at = '2026-11-02T00:00Z'`);
    payments.gateways.card.charge({ paymentNumber: order.paymentNumber, amount: 12_000n, status: 'APPROVED' });
    await act('ask', order);
    payments.pass(1);
    await payments.run('reconcile');
    expect(await standOf(payments, order)).toMatchObject([{ order: 'COMPLETED', payment: 'SUCCESS' }]);
  });

  it('is refused for a payment that has ended', async () => {
    await expect(act('ask', await aParkedRefund())).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a parked refund', () => {
  it('is asked for again', async () => {
    const order = await aParkedRefund();
    await act('refund', order);
    expect(await payments.database.query('SELECT status, park_reason, ended_at, next_ask_at FROM payments.refund')).toEqual([
      { status: 'REQUESTED', park_reason: null, ended_at: null, next_ask_at: noon },
    ]);
    await expect(act('refund', order)).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('REQUESTED') as string });
  });

  it("is not asked for under another payment's key", async () => {
    const order = await aParkedRefund();
    const other = await anOrder(payments, { transactionKey: 'tx-of-refund' });
    await expect(act('refund', order)).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('another') as string });
    await expect(act('refund', other)).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('no refund') as string });
  });
});

/** A payment that was reported under the key of another one's charge. */
async function aMismatch(): Promise<StuckOrder> {
  await anOrder(payments, { transactionKey: 'of another' });
  const order = await anOrder(payments);
  await paid(order, 'of another');
  expect(await standOf(payments, order)).toMatchObject([{ payment: 'PENDING', parked: 'KEY_MISMATCH' }]);
  return order;
}

let events = 0;

function paid({ paymentNumber }: StuckOrder, transactionKey: string): Promise<unknown> {
  events += 1;
  const answer = { kind: 'paid', transactionKey, amountMinor: 12_000n } as const;
  return payments.webhooks.settleEvent({ gateway: 'card', eventId: `operated ${events}`, paymentNumber, answer });
}

describe('failing', () => {
  it("ends a payment that is parked under another payment's key, and its order; nothing goes back", async () => {
    const order = await aMismatch();
    expect(await act('fail', order)).toMatchObject({ parkReason: 'KEY_MISMATCH' });
    const end = { order: 'FAILED', orderCode: 'KEY_MISMATCH', payment: 'FAILED', code: 'KEY_MISMATCH', parked: null, refund: null };
    expect(await standOf(payments, order)).toMatchObject([end]);
    await expect(act('fail', order)).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('not parked') as string });
    await paid(order, 'its own after all');
    expect(await standOf(payments, order)).toMatchObject([{ ...end, refund: 'REQUESTED', back: 12_000n }]);
  });

  it('leaves an order waiting that waits for another payment', async () => {
    const order = await aMismatch();
    await aPayment(payments, order.orderId);
    await act('fail', order);
    expect(await standOf(payments, order)).toMatchObject([{ order: 'PENDING', payment: 'FAILED' }, { payment: 'PENDING' }]);
  });

  it('is refused for a payment that is parked for another reason', async () => {
    await expect(act('fail', await aParked())).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('AMOUNT_MISMATCH') as string,
    });
  });
});

it.each(['ask', 'giveBack', 'fail', 'refund'] as const)('%s says so where there is no such payment', async (how) => {
  await expect(act(how, { paymentId: 5n })).rejects.toMatchObject({ code: 'notFound', message: 'There is no payment 5.' });
});

describe('payments list', () => {
  it('tells what is stuck, what is parked, or both, page by page', async () => {
    const refunded = await aParkedRefund();
    const parked = await aParked();
    const stuck = await anOrder(payments);
    await anOrder(payments, { createdAt: '2026-11-01T02:50:01Z' });
    const ids = async (input: object): Promise<readonly unknown[]> => (await list(input)).payments.map(({ payment }) => payment);
    const [a, b, c] = [refunded, parked, stuck].map(({ paymentId }) => paymentId.toString());
    expect(await ids({})).toEqual([a, b, c]);
    expect(await ids({ stuck: true, parked: true })).toEqual([a, b, c]);
    expect(await ids({ stuck: true })).toEqual([c]);
    expect(await ids({ parked: true })).toEqual([a, b]);
    const first = await list({ limit: 2 });
    expect(first.next).toBe(b);
    expect(await list({ limit: 2, after: first.next })).toMatchObject({
      payments: [{ payment: c, createdAt: '2026-11-01T02:30:00.000Z' }],
      next: null,
    });
  });

  it('tells of a payment whose refund is not done after ten minutes, however many were done before it', async () => {
    const { paymentId } = await aParkedRefund();
    const payment = paymentId.toString();
    const becomes = (assignments: string): Promise<unknown> =>
      payments.database.execute(`UPDATE payments.refund SET status = 'SENT', park_reason = NULL, ended_at = NULL, ${assignments}`);
    await becomes(`requested_at = '2026-11-01T02:50:01Z'`);
    expect((await list({})).payments).toEqual([]);
    await becomes(`requested_at = '2026-11-01T02:50:00Z'`);
    expect((await list({ stuck: true })).payments).toMatchObject([{ payment, refundStatus: 'SENT' }]);
    expect((await list({ parked: true })).payments).toEqual([]);
  });
});

describe('payments show', () => {
  it('tells an order with all that belongs to it, and nothing of who bought', async () => {
    const { orderId, paymentId } = await aParkedRefund();
    const shown = await findPaymentRoute.answer(ports, { order: orderId.toString() }, asker);
    expect(shown).toMatchObject({
      order: { order: orderId.toString(), status: 'FAILED', amountMinor: '12000' },
      items: [],
      payments: [{ payment: paymentId.toString(), asks: 0, isGivenBack: false }],
      refunds: [{ status: 'PARKED', parkReason: 'closed' }],
    });
    expect(JSON.stringify(shown)).not.toContain('ciphertext');
  });

  it('tells what the gateway calls a charge and has captured, also of another amount than was asked for', async () => {
    const shownOf = async ({ orderId }: StuckOrder): Promise<unknown> =>
      await findPaymentRoute.answer(ports, { order: orderId.toString() }, asker);
    const unknown = await anOrder(payments);
    expect(await shownOf(unknown)).toMatchObject({ payments: [{ transactionKey: null, capturedMinor: null }] });
    const parked = await aParked();
    const [charge] = payments.gateways.card.record().filter(({ paymentNumber }) => paymentNumber === parked.paymentNumber);
    const said = { transactionKey: charge?.transactionKey, capturedMinor: '11000' };
    expect(await shownOf(parked)).toMatchObject({ payments: [{ amountMinor: '12000', ...said }] });
    await act('giveBack', parked);
    payments.pass(1);
    await payments.run('reconcile');
    expect(await shownOf(parked)).toMatchObject({ payments: [{ status: 'FAILED', ...said }] });
  });

  it('tells what was captured before that was kept: by the refund of the charge, or by the order that it has completed', async () => {
    const paid = await anOrder(payments, { transactionKey: 'tx-paid' });
    await payments.database.execute(`UPDATE payments.payment SET status = 'SUCCESS', ended_at = created_at`);
    const refunded = await aParkedRefundOf('tx-of-refund');
    const capturedOf = async ({ orderId }: StuckOrder): Promise<unknown> =>
      await findPaymentRoute.answer(ports, { order: orderId.toString() }, asker);
    expect(await capturedOf(paid)).toMatchObject({ payments: [{ capturedMinor: '12000' }] });
    expect(await capturedOf(refunded)).toMatchObject({ payments: [{ transactionKey: 'tx-of-refund', capturedMinor: '11500' }] });
  });

  it('says so where there is no such order', async () => {
    await expect(findPaymentRoute.answer(ports, { order: '5' }, asker)).rejects.toMatchObject({ code: 'notFound' });
  });
});
