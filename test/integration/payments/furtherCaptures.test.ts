import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPaymentStore } from '../../../pipelines/payments/findPaymentStore.ts';
import { operatePaymentStore } from '../../../pipelines/payments/operatePaymentStore.ts';
import { parkedRefunds } from '../../../pipelines/payments/paymentGauges.ts';
import type { GatewayAnswer } from '../../../pipelines/payments/payment.ts';
import type { WebhookEnd } from '../../../pipelines/payments/webhookStore.ts';
import { askGauge } from '../../support/askGauge.ts';
import { aPayments, emptied, anOrder, standOf, type Payments, type StuckOrder } from './aPayments.ts';

let payments: Payments;
let events = 0;

beforeAll(async () => {
  payments = await aPayments();
});

beforeEach(() => emptied(payments));

function told({ paymentNumber }: StuckOrder, answer: GatewayAnswer): Promise<WebhookEnd> {
  events += 1;
  return payments.webhooks.settleEvent({ gateway: 'card', eventId: `event ${events}`, paymentNumber, answer });
}

function paid(order: StuckOrder, transactionKey: string, amountMinor = 12_000n): Promise<WebhookEnd> {
  return told(order, { kind: 'paid', transactionKey, amountMinor });
}

function refundsOf({ paymentId }: StuckOrder): Promise<readonly object[]> {
  return payments.database.query({
    text: `SELECT transaction_key AS key, amount_minor AS back, reason, status FROM payments.refund WHERE payment_id = $1 ORDER BY nth`,
    values: [paymentId],
  });
}

/** A charge in the books of the gateway, which have one for each number. */
function charged(transactionKey: string): void {
  payments.gateways.card.charge({ paymentNumber: `of ${transactionKey}`, transactionKey, amount: 12_000n, status: 'APPROVED' });
}

const setAside = { back: 12_000n, reason: 'KEY_MISMATCH', status: 'PARKED' };

describe('a second capture of one payment', () => {
  it('waits for a person where the first has completed the order, and is told by gauge and list', async () => {
    const order = await anOrder(payments);
    await paid(order, 'first');
    for (const time of [1, 2]) expect([time, await paid(order, 'second')]).toEqual([time, 'refunded']);
    expect(await standOf(payments, order)).toMatchObject([{ order: 'COMPLETED', payment: 'SUCCESS', refund: 'PARKED' }]);
    expect(await refundsOf(order)).toEqual([{ key: 'second', ...setAside }]);
    expect(await askGauge(payments.database, payments.now, parkedRefunds)).toEqual([{ reason: 'KEY_MISMATCH', weir_refunds_parked: 1n }]);
    const listed = await findPaymentStore(payments.database, payments.now).list({ isStuck: false, isParked: true, after: 0n, limit: 10 });
    expect(listed).toMatchObject([{ payment: order.paymentId.toString(), status: 'SUCCESS', refundStatus: 'PARKED' }]);
  });

  it('waits for a person where the first goes back, and each is given back once, under a key of its own', async () => {
    const order = await anOrder(payments);
    await told(order, { kind: 'failed' });
    charged(`${order.paymentNumber}-1`);
    await paid(order, `${order.paymentNumber}-1`);
    payments.pass(1);
    await payments.run('refund');
    expect(await refundsOf(order)).toMatchObject([{ reason: 'PAID_LATE', status: 'DONE' }]);
    charged(`${order.paymentNumber}-2`);
    await paid(order, `${order.paymentNumber}-2`);
    expect(await refundsOf(order)).toMatchObject([{ status: 'DONE' }, { key: `${order.paymentNumber}-2`, ...setAside }]);
    const operations = operatePaymentStore(payments.now);
    await payments.database.withTransaction((transaction) => operations.refund(transaction, order.paymentId));
    payments.pass(1);
    await payments.run('refund');
    expect(await refundsOf(order)).toMatchObject([{ status: 'DONE' }, { status: 'DONE' }]);
    const made = payments.gateways.card.record().filter(({ transactionKey }) => transactionKey.startsWith(order.paymentNumber));
    const keys = made.flatMap(({ refunds }) => refunds.map(({ idempotencyKey }) => idempotencyKey));
    expect(new Set(keys)).toEqual(new Set([`${order.paymentId}`, `${order.paymentId}-2`]));
  });

  it('is set aside beside a payment that waits for a person, and goes back when the person says so', async () => {
    const order = await anOrder(payments, { transactionKey: 'own' });
    expect(await paid(order, 'other')).toBe('parked');
    expect(await paid(order, 'third')).toBe('refunded');
    expect(await standOf(payments, order)).toMatchObject([{ payment: 'PENDING', parked: 'KEY_MISMATCH' }, {}]);
    const operations = operatePaymentStore(payments.now);
    await payments.database.withTransaction((transaction) => operations.giveBack(transaction, order.paymentId));
    await paid(order, 'other');
    expect(await refundsOf(order)).toMatchObject([
      { key: 'other', reason: 'GIVEN_BACK', status: 'REQUESTED' },
      { key: 'third', ...setAside },
    ]);
  });

  it('is chosen by its key where several wait', async () => {
    const order = await anOrder(payments);
    for (const key of ['first', 'second', 'third']) await paid(order, key);
    const operations = operatePaymentStore(payments.now);
    const refund = (key?: string): Promise<object> =>
      payments.database.withTransaction((transaction) => operations.refund(transaction, order.paymentId, key));
    await expect(refund()).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('several') as string });
    await expect(refund('fourth')).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('fourth') as string });
    await refund('third');
    expect(await refundsOf(order)).toMatchObject([{ status: 'PARKED' }, { key: 'third', status: 'REQUESTED' }]);
  });

  it('of a payment with another amount is known by its key', async () => {
    const order = await anOrder(payments);
    expect(await paid(order, 'first', 11_000n)).toBe('parked');
    expect(await paid(order, 'second')).toBe('refunded');
    expect(await refundsOf(order)).toEqual([{ key: 'second', ...setAside }]);
  });
});

describe('a key under which money goes back', () => {
  it('completes no other payment: paid late, and paid as well', async () => {
    const [late, other] = [await anOrder(payments), await anOrder(payments)];
    await told(late, { kind: 'failed' });
    await paid(late, 'late');
    expect(await paid(other, 'late')).toBe('parked');
    expect(await standOf(payments, other)).toMatchObject([{ order: 'PENDING', payment: 'PENDING', parked: 'KEY_MISMATCH' }]);
  });

  it('completes no other payment: the second capture of a paid one, once a person gives it back', async () => {
    const [order, other] = [await anOrder(payments), await anOrder(payments)];
    for (const key of ['own', 'further']) await paid(order, key);
    const operations = operatePaymentStore(payments.now);
    await payments.database.withTransaction((transaction) => operations.refund(transaction, order.paymentId));
    expect(await paid(other, 'further')).toBe('parked');
  });

  it('is not given back twice: of two late payments under one key the second waits for a person', async () => {
    const orders = [await anOrder(payments), await anOrder(payments)];
    for (const order of orders) {
      await told(order, { kind: 'failed' });
      await paid(order, 'shared');
    }
    expect(await Promise.all(orders.map(refundsOf))).toMatchObject([[{ reason: 'PAID_LATE', status: 'REQUESTED' }], [setAside]]);
  });
});
