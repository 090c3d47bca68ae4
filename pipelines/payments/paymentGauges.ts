import { defineGauges, mostCounted } from '../../src/runtime/gauges/gaugeQuestion.ts';
import { methods } from './payment.ts';
import { settlementCodes } from './settlement.ts';

const profile = 'payments';

/** From this age of the oldest on somebody is called: by the alerts WeirPaymentsLate and WeirRefundsLate, and on the console. */
export const calledAfterSeconds = 3_600;

/** Payments whose end is overdue: they are asked about from this age on. */
export const waitingPayments = defineGauges({
  profile,
  metrics: ['weir_payments_waiting', 'weir_payments_oldest_seconds'],
  attention: {
    weir_payments_waiting: {
      ...{ level: 'page', view: '#/payments', says: 'Payments pending for over ten minutes, the oldest for over an hour' },
      above: { metric: 'weir_payments_oldest_seconds', limit: calledAfterSeconds },
    },
  },
  labels: { method: methods },
  statement: (now) => ({ text: waiting, values: [now, mostCounted] }),
});

/** Orders without an end from this age on, whatever has become of their payments. */
export const waitingOrders = defineGauges({
  profile,
  metrics: ['weir_orders_waiting', 'weir_orders_oldest_seconds'],
  attention: { weir_orders_waiting: { level: 'ticket', view: '#/payments', says: 'Orders pending for over ten minutes' } },
  labels: {},
  statement: (now) => ({ text: waitingOrder, values: [now, mostCounted] }),
});

/** Payments that wait for a person. */
export const parkedPayments = defineGauges({
  profile,
  metrics: ['weir_payments_parked'],
  attention: { weir_payments_parked: { level: 'ticket', view: '#/payments', says: 'Payments that wait for a person' } },
  labels: { reason: settlementCodes },
  statement: () => ({ text: parked, values: [mostCounted] }),
});

/** Money that has to go back and has not yet. */
export const waitingRefunds = defineGauges({
  profile,
  metrics: ['weir_refunds_waiting', 'weir_refunds_oldest_seconds'],
  attention: {
    weir_refunds_waiting: {
      ...{ level: 'page', view: '#/payments?show=stuck', says: 'Refunds that are not done, the oldest for over an hour' },
      above: { metric: 'weir_refunds_oldest_seconds', limit: calledAfterSeconds },
    },
  },
  labels: { status: ['REQUESTED', 'SENT'] },
  statement: (now) => ({ text: waitingBack, values: [now, mostCounted] }),
});

/** Refunds that wait for a person, by why the money goes back; the gateway's own words may be anything, and are no label. */
export const parkedRefunds = defineGauges({
  profile,
  metrics: ['weir_refunds_parked'],
  attention: { weir_refunds_parked: { level: 'ticket', view: '#/payments', says: 'Refunds that wait for a person' } },
  labels: { reason: settlementCodes },
  statement: () => ({ text: parkedBack, values: [mostCounted] }),
});

const oldestSeconds = (since: string): string => `greatest(0, extract(epoch FROM $1::timestamptz - min(${since})))::double precision`;

const waiting = `
  SELECT method, count(*) AS weir_payments_waiting, ${oldestSeconds('created_at')} AS weir_payments_oldest_seconds
  FROM (
    SELECT method, created_at FROM payments.payment
    WHERE status = 'PENDING' AND park_reason IS NULL AND created_at <= $1::timestamptz - interval '10 minutes' LIMIT $2
  ) AS counted GROUP BY method`;

const waitingOrder = `
  SELECT count(*) AS weir_orders_waiting, coalesce(${oldestSeconds('created_at')}, 0) AS weir_orders_oldest_seconds
  FROM (
    SELECT created_at FROM payments.orders WHERE status = 'PENDING' AND created_at <= $1::timestamptz - interval '10 minutes' LIMIT $2
  ) AS counted`;

const parked = `
  SELECT reason, count(*) AS weir_payments_parked
  FROM (SELECT park_reason AS reason FROM payments.payment WHERE park_reason IS NOT NULL LIMIT $1) AS counted GROUP BY reason`;

const waitingBack = `
  SELECT status, count(*) AS weir_refunds_waiting, ${oldestSeconds('requested_at')} AS weir_refunds_oldest_seconds
  FROM (SELECT status, requested_at FROM payments.refund WHERE status IN ('REQUESTED', 'SENT') LIMIT $2) AS counted GROUP BY status`;

const parkedBack = `
  SELECT reason, count(*) AS weir_refunds_parked
  FROM (SELECT reason FROM payments.refund WHERE status = 'PARKED' LIMIT $1) AS counted GROUP BY reason`;
