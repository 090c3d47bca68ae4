import type { Method } from './payment.ts';
import type { LowStock, SucceededPayment } from './succeededPayment.ts';

/*
 * A notice is one message to people about a completed order; it has one row, and no notice waits for another.
 *
 * | from | event | to |
 * |-|-|-|
 * | – | the event of its payment, the first time | WAITING; SKIPPED where its channel is not set up |
 * | WAITING | its time has come, and a run claims it | SENDING, under a token and a lease |
 * | SENDING | its channel took it | SENT |
 * | SENDING | it is refused for good, or cannot be made | FAILED |
 * | SENDING | its channel says not now, or is not reached | WAITING, later each time |
 * | SENDING | its channel shut before it was asked | WAITING, as it was |
 * | SENDING | nobody can tell whether it left | PARKED |
 * | SENDING | the lease ran out | PARKED |
 * | PARKED | whoever had claimed it tells after all | what it tells |
 */

/** By what a notice reaches people. */
export type Channel = 'mail' | 'chat';

/** What a notice is, and by what it goes: the buyer's confirmation, the company's news of a sale and of a product that runs out. */
export const channelOf = { CONFIRMATION: 'mail', SALE: 'chat', LOW_STOCK: 'chat' } as const satisfies Record<string, Channel>;

export type NoticeKind = keyof typeof channelOf;

/** A notice that is to be. */
export interface NewNotice {
  readonly paymentId: bigint;
  readonly kind: NoticeKind;
  /** With LOW_STOCK alone. */
  readonly lowStock: LowStock | undefined;
  /** Why it will not be sent; undefined where it will. */
  readonly skipReason: string | undefined;
}

/** All notices of an event: they are made together, once. */
export interface NewNotices {
  readonly event: SucceededPayment;
  readonly notices: readonly NewNotice[];
}

/** Makes the decision who is told of an event, where these channels are set up. */
export function decideNoticesFor(hasChannel: Readonly<Record<Channel, boolean>>): (event: SucceededPayment) => NewNotices {
  return function decideNotices(event) {
    const notice = (kind: NoticeKind, lowStock?: LowStock): NewNotice => {
      const channel = channelOf[kind];
      const skipReason = hasChannel[channel] ? undefined : `no ${channel} is set up`;
      return { paymentId: event.paymentId, kind, lowStock, skipReason };
    };
    return { event, notices: [notice('CONFIRMATION'), notice('SALE'), ...event.lowStock.map((low) => notice('LOW_STOCK', low))] };
  };
}

/** A completed order, as people are told of it. */
export interface Sale {
  readonly orderId: bigint;
  readonly paymentId: bigint;
  readonly amountMinor: bigint;
  readonly method: Method;
  readonly items: readonly SoldItem[];
}

export interface SoldItem {
  readonly name: string;
  readonly quantity: bigint;
}

/** What a notice says. */
export type NoticeContent =
  /** `encryptedEmail`: field `buyer_email`, owner the order's id; the address as it is now. */
  | { readonly kind: 'CONFIRMATION'; readonly sale: Sale; readonly encryptedEmail: string }
  | { readonly kind: 'SALE'; readonly sale: Sale }
  | { readonly kind: 'LOW_STOCK'; readonly product: string; readonly lowStock: LowStock };
