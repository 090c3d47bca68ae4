import { WeirError } from '../../src/errors.ts';
import type { SettleablePayment } from './settlement.ts';

/** A payment as an operator meets it, behind the lock of its order. */
export interface OperatedPayment {
  readonly paymentId: bigint;
  readonly orderId: bigint;
  readonly status: SettleablePayment['status'];
  readonly parkReason: string | undefined;
  /** One for each charge that goes back, or waits for a person to say so. */
  readonly refunds: readonly OperatedRefund[];
}

export interface OperatedRefund {
  readonly refundId: bigint;
  readonly transactionKey: string;
  readonly status: 'REQUESTED' | 'SENT' | 'DONE' | 'PARKED';
  /** Whether its key belongs to another payment of the gateway, whose money it would be. */
  readonly isOfAnother: boolean;
}

/** What a person may do to a payment, by how it stands:
 *
 * | payment | refund | asked about again | given back | failed | refund asked for again |
 * |-|-|-|-|-|-|
 * | PENDING | none | at once | refused | refused | refused |
 * | PENDING, parked | none | at once, decided anew | what the gateway says it captured | as KEY_MISMATCH alone, nothing goes back | refused |
 * | ended | none, REQUESTED, SENT or DONE | refused | refused | refused | refused |
 * | any | PARKED | as above | as above | as above | under its old key, unless it is of another payment's charge |
 */
export function requirePending(payment: OperatedPayment): void {
  if (payment.status !== 'PENDING') throw refusal(payment, `is ${payment.status}: only a PENDING one is asked about`);
}

/** Refuses to give back what does not wait for a person: the gateway's word ends it by itself. */
export function requireParkedPayment(payment: OperatedPayment): void {
  if (payment.parkReason === undefined) throw refusal(payment, `is ${payment.status} and not parked`);
}

/** Refuses to fail what is parked for another reason than its key: what was captured for it has to go back. */
export function requireMismatched(payment: OperatedPayment): void {
  requireParkedPayment(payment);
  if (payment.parkReason !== 'KEY_MISMATCH') throw refusal(payment, `is parked as ${payment.parkReason}: expected KEY_MISMATCH`);
}

/**
 * The refund that waits for a person, of this charge where one is named. Refuses one that does not wait, that would give back another
 * buyer's money, or to choose between several.
 */
export function requireParkedRefund(payment: OperatedPayment, transactionKey: string | undefined): OperatedRefund {
  const named = payment.refunds.filter((refund) => refund.transactionKey === (transactionKey ?? refund.transactionKey));
  const [parked, second] = named.filter(({ status }) => status === 'PARKED');
  if (named[0] === undefined) throw refusal(payment, transactionKey === undefined ? 'has no refund' : `has no refund of ${transactionKey}`);
  if (parked === undefined) throw refusal(payment, `has a refund that is ${named[0].status}, not parked`);
  if (second !== undefined) throw refusal(payment, 'has several parked refunds: expected --key, the transaction key of one of them');
  if (parked.isOfAnother) throw refusal(payment, 'was reported under the key of another payment, whose money would go back');
  return parked;
}

function refusal({ paymentId }: OperatedPayment, what: string): WeirError {
  return new WeirError('refused', `Payment ${paymentId} ${what}.`);
}
