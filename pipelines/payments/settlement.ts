import type { GatewayAnswer } from './payment.ts';

/**
 * States of a payment and its order.
 *
 * | order, payment | what becomes known | next | |
 * |-|-|-|-|
 * | PENDING, PENDING | paid, stock | COMPLETED, SUCCESS | event |
 * | PENDING, PENDING | paid, stock short | FAILED, FAILED | refund |
 * | PENDING, PENDING | failed or not found | FAILED, FAILED | the order only when no other payment is open or paid |
 * | any, PENDING | paid, another amount or under another's key | unchanged, parked | a person |
 * | any, PENDING that a person gives back | paid, under no other's key | FAILED when it waits for no other payment, FAILED | refund of what was captured |
 * | ended, PENDING | paid | unchanged, FAILED | refund |
 * | any, FAILED | paid after all | unchanged | refund; under another's key one that waits for a person |
 *
 * Ended states never change.
 */
export interface SettleableOrder {
  readonly orderId: bigint;
  readonly status: 'PENDING' | 'COMPLETED' | 'FAILED';
  readonly amountMinor: bigint;
  readonly items: readonly OrderItem[];
}

/** So much of a product, once for each product of an order. */
export interface OrderItem {
  readonly productId: bigint;
  readonly quantity: bigint;
}

export interface SettleablePayment {
  readonly paymentId: bigint;
  readonly status: 'PENDING' | 'SUCCESS' | 'FAILED';
  readonly isParked: boolean;
  /** Whether a person has decided that what was captured goes back, instead of completing the order. */
  readonly isGivenBack: boolean;
  readonly amountMinor: bigint;
  /** What the gateway called the charge when it was made; null where its answer never came. */
  readonly transactionKey: string | null;
}

/** A payment and its order as they stand under the order's lock. */
export interface Standing {
  readonly order: SettleableOrder;
  readonly payment: SettleablePayment;
  /** Whether the order has payments besides this one that are open or paid. */
  readonly hasOtherPayments: boolean;
  /** Whether the key of the answer belongs to another payment of the same gateway. */
  readonly isKeyTaken: boolean;
}

/** Why an order or payment failed, a payment is parked, or money is given back. */
export const settlementCodes = [
  ...(['DECLINED', 'NOT_FOUND', 'STOCK_SHORT', 'ORDER_ENDED'] as const),
  ...(['PAID_LATE', 'AMOUNT_MISMATCH', 'KEY_MISMATCH', 'NO_PAYMENT', 'GIVEN_BACK'] as const),
] as const;

export type SettlementCode = (typeof settlementCodes)[number];

/** What is to be written about one payment. */
export type Settlement =
  | { readonly kind: 'completed'; readonly transactionKey: string }
  | { readonly kind: 'failed'; readonly code: SettlementCode; readonly isOrderFailed: boolean }
  /** What was captured goes back, or waits for a person to say so; the payment fails unless it has failed before. */
  | {
      readonly kind: 'refunded';
      readonly code: SettlementCode;
      readonly refund: Captured;
      readonly isRefundParked: boolean;
      readonly isOrderFailed: boolean;
    }
  /** A person has to look. */
  | { readonly kind: 'parked'; readonly code: SettlementCode }
  /** Asked again later. */
  | { readonly kind: 'waiting' }
  /** Nothing is to be written. */
  | { readonly kind: 'unchanged'; readonly why: string };

/** Money that a gateway has taken from a buyer. */
export interface Captured {
  readonly transactionKey: string;
  readonly amountMinor: bigint;
}

/**
 * Decides what a gateway's answer means. `takeStock` takes all items or none and tells which; it is asked only when everything else
 * speaks for completion.
 */
export function decideSettlement(
  standing: Standing,
  answer: GatewayAnswer,
  takeStock: (items: readonly OrderItem[]) => boolean,
): Settlement {
  const { order, payment, hasOtherPayments } = standing;
  if (payment.isParked) return { kind: 'unchanged', why: 'waits for a person' };
  if (payment.status === 'SUCCESS') return { kind: 'unchanged', why: 'was paid before' };
  if (answer.kind === 'paid') return decidePaid(standing, answer, takeStock);
  if (payment.status === 'FAILED') return { kind: 'unchanged', why: 'has failed before' };
  if (answer.kind === 'pending') return { kind: 'waiting' };
  const isOrderFailed = order.status === 'PENDING' && !hasOtherPayments;
  return { kind: 'failed', code: answer.kind === 'failed' ? 'DECLINED' : 'NOT_FOUND', isOrderFailed };
}

function decidePaid(
  { order, payment, isKeyTaken, hasOtherPayments }: Standing,
  { transactionKey, amountMinor }: Captured,
  takeStock: (items: readonly OrderItem[]) => boolean,
): Settlement {
  const back = (code: SettlementCode, also: { isOrderFailed?: boolean; isRefundParked?: boolean } = {}): Settlement => {
    return { kind: 'refunded', code, refund: { transactionKey, amountMinor }, isRefundParked: false, isOrderFailed: false, ...also };
  };
  if (payment.isGivenBack && payment.status === 'PENDING' && !isKeyTaken) {
    return back('GIVEN_BACK', { isOrderFailed: order.status === 'PENDING' && !hasOtherPayments });
  }
  if (isKeyTaken || transactionKey !== (payment.transactionKey ?? transactionKey)) {
    // Whose money this is, nobody can tell from here: neither completed nor given back.
    return payment.status === 'PENDING' ? { kind: 'parked', code: 'KEY_MISMATCH' } : back('KEY_MISMATCH', { isRefundParked: true });
  }
  if (payment.status === 'FAILED') return back('PAID_LATE');
  if (amountMinor !== payment.amountMinor || amountMinor !== order.amountMinor) return { kind: 'parked', code: 'AMOUNT_MISMATCH' };
  if (order.status !== 'PENDING') return back('ORDER_ENDED');
  return takeStock(order.items) ? { kind: 'completed', transactionKey } : back('STOCK_SHORT', { isOrderFailed: true });
}
