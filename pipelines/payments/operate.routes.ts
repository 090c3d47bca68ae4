// What operators ask and do about payments. Nothing is completed by hand: the gateway's word decides, and an action only has it asked
// for, says that what it has captured goes back, or that it is another payment's. Each commits with its audit row; but for `fail`, the
// next runs, within a minute, do it.
import { z } from 'zod';
import { defineAction, defineQuestion } from '../../src/console/route.ts';
import { WeirError } from '../../src/errors.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import type { FindPaymentStore } from './findPaymentStore.ts';
import type { OperatedPayment } from './operatedPayment.ts';
import type { OperatePaymentStore } from './operatePaymentStore.ts';

export interface OperatePaymentPorts {
  readonly paymentFinds: FindPaymentStore;
  readonly paymentOperations: OperatePaymentStore;
}

const number = z.string().regex(/^[1-9]\d{0,17}$/, 'expected a number');
const onePayment = z.strictObject({ payment: number.meta({ description: 'number of the payment: weir payments list shows it' }) });
const words = ['payment'];

/** What the routes of this file are about. */
export const paymentsGroup = 'payments and their orders: list, look at, decide about those that are parked';

export const listPaymentsRoute = defineQuestion({
  name: 'payments.list',
  about: 'list the payments that are pending for over ten minutes, and those that wait for a person, or whose refund does',
  role: 'viewer',
  input: z.strictObject({
    stuck: z.boolean().default(false).meta({ description: 'only those that are pending and not parked, or whose refund is not done' }),
    parked: z.boolean().default(false).meta({ description: 'only those that wait for a person' }),
    after: number.optional().meta({ description: 'only payments with a higher number: the next page' }),
    limit: z.int().min(1).max(1_000).default(100).meta({ description: 'how many are listed at most' }),
  }),
  answer: async ({ paymentFinds }: OperatePaymentPorts, { stuck, parked, after, limit }) => {
    const isEither = stuck === parked;
    const payments = await paymentFinds.list({
      ...{ isStuck: stuck || isEither, isParked: parked || isEither },
      ...{ after: BigInt(after ?? 0), limit },
    });
    const next = payments.length < limit ? null : (payments.at(-1)?.['payment'] ?? null);
    return { payments, next };
  },
});

export const findPaymentRoute = defineQuestion({
  name: 'payments.show',
  about: 'show an order with its items, payments and refunds, with what the gateway calls each charge and has captured; without who bought',
  role: 'viewer',
  input: z.strictObject({ order: number.meta({ description: 'number of the order' }) }),
  words: ['order'],
  answer: async ({ paymentFinds }: OperatePaymentPorts, { order }) => {
    const found = await paymentFinds.order(BigInt(order));
    if (found === undefined) throw new WeirError('notFound', `There is no order ${order}.`);
    return { ...found };
  },
});

export const askRoute = defineAction({
  name: 'payments.ask',
  about: 'have a pending payment asked about at once; a parked one is decided about anew',
  role: 'operator',
  input: onePayment,
  words,
  target: targetOf,
  act: async (transaction, { paymentOperations }: OperatePaymentPorts, { payment }) =>
    sheetOf(await paymentOperations.ask(transaction, BigInt(payment)), 'asked about again'),
});

export const giveBackRoute = defineAction({
  name: 'payments.give-back',
  about: 'end a parked payment: what the gateway says it has captured goes back, and nothing is completed',
  role: 'operator',
  input: onePayment,
  words,
  target: targetOf,
  act: async (transaction, { paymentOperations }: OperatePaymentPorts, { payment }) =>
    sheetOf(await paymentOperations.giveBack(transaction, BigInt(payment)), 'given back'),
});

export const failRoute = defineAction({
  name: 'payments.fail',
  about: "fail a payment that is parked under another payment's key: nothing goes back, and its order fails unless it waits for another",
  role: 'operator',
  input: onePayment,
  words,
  target: targetOf,
  act: async (transaction, { paymentOperations }: OperatePaymentPorts, { payment }) =>
    sheetOf(await paymentOperations.fail(transaction, BigInt(payment)), 'failed'),
});

export const refundRoute = defineAction({
  name: 'payments.refund',
  about: 'have a parked refund asked for again, under the same key as before',
  role: 'operator',
  input: onePayment.extend({
    key: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'transaction key of the charge, where several refunds of its payment are parked' }),
  }),
  words,
  target: (input) => targetOf(input),
  act: async (transaction, { paymentOperations }: OperatePaymentPorts, { payment, key }) =>
    sheetOf(await paymentOperations.refund(transaction, BigInt(payment), key), 'refund asked for again'),
});

function targetOf({ payment }: z.infer<typeof onePayment>): string {
  return `payment ${payment}`;
}

function sheetOf({ paymentId, orderId, status, parkReason, refunds }: OperatedPayment, next: string): Json {
  const was = { status, parkReason: parkReason ?? null, refund: refunds.map((refund) => refund.status).join(', ') || null };
  return { payment: paymentId.toString(), order: orderId.toString(), ...was, next };
}
