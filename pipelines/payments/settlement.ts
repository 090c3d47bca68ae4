import type { GatewayAnswer } from './payment.ts';

/**
 * States of a payment and its order.
 *
 * | order, payment | what becomes known | next | |
 * |-|-|-|-|
 * | PENDING, none but FAILED ones | ten minutes have passed | FAILED | |
 * | PENDING, PENDING | paid, stock | COMPLETED, SUCCESS | event |
 * | PENDING, PENDING | paid, stock short | FAILED, FAILED | refund |
 * | any, PENDING | failed, under another key than its own | unchanged | another attempt of the buyer |
 * | PENDING, PENDING | failed or not found | FAILED, FAILED | the order only when no other payment is open or paid |
 * | any, PENDING | paid, another amount or under another payment's key | unchanged, parked | a person |
 * | any, PENDING | paid, under another key than its own | unchanged, parked | a person; refund that waits for one |
 * | any, parked | paid, under another key than its own | unchanged | refund that waits for a person |
 * | any, parked under another payment's key | paid, under a key that is nobody's | unchanged, parked | its key is remembered |
 * | any, PENDING that a person gives back | paid, under no other's key | FAILED when it waits for no other payment, FAILED | refund of what was captured |
 * | ended, PENDING | paid | unchanged, FAILED | refund |
 * | any, FAILED | paid after all | unchanged | refund; under another key than its own one that waits for a person |
 * | any, SUCCESS | paid, under another key than its own | unchanged | refund that waits for a person |
 *
 * Ended states never change. Whatever else becomes known of them, or of what is parked, changes nothing.
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
  /** What the gateway called the charge when it was made, or when it was captured; null where neither is known. */
  readonly transactionKey: string | null;
}

/** A payment and its order as they stand under the order's lock. */
export interface Standing {
  readonly order: SettleableOrder;
  readonly payment: SettleablePayment;
  /** Whether the order has payments besides this one that are open or paid. */
  readonly hasOtherPayments: boolean;
  /** Whether the key of the answer belongs to another payment of the same gateway, or its money goes back for another. */
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
  /** What was captured goes back, or waits for a person to say so; a payment that waits, unless it is parked, fails. */
  | {
      readonly kind: 'refunded';
      readonly code: SettlementCode;
      readonly refund: Captured;
      readonly isRefundParked: boolean;
      readonly isOrderFailed: boolean;
    }
  /** A person has to look: at what was captured for the payment, and at captured money that is not its own, where there is such. */
  | { readonly kind: 'parked'; readonly code: SettlementCode; readonly own?: Captured; readonly refund?: Captured }
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
  if (answer.kind === 'paid' && (payment.isParked || payment.status === 'SUCCESS') && isFurther(standing, answer)) {
    return aside(answer);
  }
  if (payment.isParked && payment.transactionKey === null && answer.kind === 'paid' && !standing.isKeyTaken) {
    return { kind: 'parked', code: 'KEY_MISMATCH', own: capturedBy(answer) };
  }
  if (payment.isParked) return { kind: 'unchanged', why: 'waits for a person' };
  if (payment.status === 'SUCCESS') return { kind: 'unchanged', why: 'was paid before' };
  if (answer.kind === 'paid') return decidePaid(standing, answer, takeStock);
  if (payment.status === 'FAILED') return { kind: 'unchanged', why: 'has failed before' };
  if (answer.kind === 'pending') return { kind: 'waiting' };
  const { transactionKey } = payment;
  if (answer.kind === 'failed' && transactionKey !== null && transactionKey !== (answer.transactionKey ?? transactionKey)) {
    return { kind: 'unchanged', why: 'another attempt has failed' };
  }
  const isOrderFailed = order.status === 'PENDING' && !hasOtherPayments;
  return { kind: 'failed', code: answer.kind === 'failed' ? 'DECLINED' : 'NOT_FOUND', isOrderFailed };
}

/** Whether money was captured besides the payment's own charge. What an open payment shares with another one is on the other's record. */
function isFurther({ payment, isKeyTaken }: Standing, { transactionKey }: Captured): boolean {
  return payment.transactionKey !== null && payment.transactionKey !== transactionKey && !(isKeyTaken && payment.status === 'PENDING');
}

/** Nobody can tell from here whose money this is, or whether the buyer was charged twice. */
function aside(captured: Captured): Settlement {
  return { kind: 'refunded', code: 'KEY_MISMATCH', refund: capturedBy(captured), isRefundParked: true, isOrderFailed: false };
}

function capturedBy({ transactionKey, amountMinor }: Captured): Captured {
  return { transactionKey, amountMinor };
}

function decidePaid(
  standing: Standing,
  { transactionKey, amountMinor }: Captured,
  takeStock: (items: readonly OrderItem[]) => boolean,
): Settlement {
  const { order, payment, isKeyTaken, hasOtherPayments } = standing;
  const refund = { transactionKey, amountMinor };
  const back = (code: SettlementCode, isOrderFailed = false): Settlement => {
    return { kind: 'refunded', code, refund, isRefundParked: false, isOrderFailed };
  };
  if (payment.isGivenBack && payment.status === 'PENDING' && !isKeyTaken) {
    return back('GIVEN_BACK', order.status === 'PENDING' && !hasOtherPayments);
  }
  if (isKeyTaken || isFurther(standing, refund)) {
    if (payment.status === 'FAILED') return aside(refund);
    return { kind: 'parked', code: 'KEY_MISMATCH', ...(!isKeyTaken && { refund }) };
  }
  if (payment.status === 'FAILED') return back('PAID_LATE');
  if (amountMinor !== payment.amountMinor || amountMinor !== order.amountMinor) {
    return { kind: 'parked', code: 'AMOUNT_MISMATCH', own: refund };
  }
  if (order.status !== 'PENDING') return back('ORDER_ENDED');
  return takeStock(order.items) ? { kind: 'completed', transactionKey } : back('STOCK_SHORT', true);
}
