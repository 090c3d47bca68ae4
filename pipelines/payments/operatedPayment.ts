import { WeirError } from '../../src/errors.ts';
import type { SettleablePayment } from './settlement.ts';

/** A payment as an operator meets it, behind the lock of its order. */
export interface OperatedPayment {
  readonly paymentId: bigint;
  readonly orderId: bigint;
  readonly status: SettleablePayment['status'];
  readonly parkReason: string | undefined;
  /** Undefined where nothing goes back. */
  readonly refundStatus: 'REQUESTED' | 'SENT' | 'DONE' | 'PARKED' | undefined;
  /** Whether the key of its refund belongs to another payment of the gateway, whose money it would be. */
  readonly isRefundOfAnother: boolean;
}

/** What a person may do to a payment, by how it stands:
 *
 * | payment | refund | asked about again | given back | refund asked for again |
 * |-|-|-|-|-|
 * | PENDING | none | at once | refused | refused |
 * | PENDING, parked | none | at once, decided anew | what the gateway says it captured | refused |
 * | ended | none, REQUESTED, SENT or DONE | refused | refused | refused |
 * | ended | PARKED | refused | refused | under its old key, unless that is another payment's |
 */
export function requirePending(payment: OperatedPayment): void {
  if (payment.status !== 'PENDING') throw refusal(payment, `is ${payment.status}: only a PENDING one is asked about`);
}

/** Refuses to give back what does not wait for a person: the gateway's word ends it by itself. */
export function requireParkedPayment(payment: OperatedPayment): void {
  if (payment.parkReason === undefined) throw refusal(payment, `is ${payment.status} and not parked`);
}

/** Refuses a refund that does not wait for a person, or that would give back another buyer's money. */
export function requireParkedRefund(payment: OperatedPayment): void {
  if (payment.refundStatus === undefined) throw refusal(payment, 'has no refund');
  if (payment.refundStatus !== 'PARKED') throw refusal(payment, `has a refund that is ${payment.refundStatus}, not parked`);
  if (payment.isRefundOfAnother) throw refusal(payment, 'was reported under the key of another payment, whose money would go back');
}

function refusal({ paymentId }: OperatedPayment, what: string): WeirError {
  return new WeirError('refused', `Payment ${paymentId} ${what}.`);
}
