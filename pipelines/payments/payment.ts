/** How a buyer pays; each method has a gateway of its own. */
export const methods = ['card', 'transfer', 'wallet'] as const;

export type Method = (typeof methods)[number];

/** What a gateway says of a charge that it was asked about. */
export type GatewayAnswer =
  /** The money was captured. */
  | { readonly kind: 'paid'; readonly transactionKey: string; readonly amountMinor: bigint }
  /** It was refused, or voided: nothing was captured, and never will be. With its key where the gateway names one. */
  | { readonly kind: 'failed'; readonly transactionKey?: string }
  /** Neither yet. */
  | { readonly kind: 'pending' }
  /** There is no such charge, neither under its key nor under its number. */
  | { readonly kind: 'notFound' };

/** By what a gateway knows a charge. */
export interface ChargeName {
  /** Ours, committed before the gateway was asked to charge. */
  readonly paymentNumber: string;
  /** The gateway's; undefined where its answer never came. */
  readonly transactionKey: string | undefined;
}

/** A payment that waits, as a reconciliation reads it. */
export interface DuePayment extends ChargeName {
  readonly kind: 'payment';
  readonly paymentId: bigint;
  readonly method: Method;
}

/** An order that waits and has no payment that is open or paid. */
export interface UnpaidOrder {
  readonly kind: 'unpaidOrder';
  readonly orderId: bigint;
}

/** What became known about a payment: by asking, or because the gateway called. */
export interface PaymentReport {
  readonly paymentId: bigint;
  readonly answer: GatewayAnswer;
}
