import { textOf, WeirError } from '../../src/errors.ts';
import { nextAllowedAt } from '../shared/quietHours.ts';
import type { DispatchedBill } from './dispatchedBill.ts';

/** What the claim adds to a bill: the token under which it is sent, and what the mail says. */
export interface ClaimedBill {
  /** Id of the send attempt; every later write about this send is guarded by it. */
  readonly token: bigint;
  /** Attempts at this bill, this one included; from 1. */
  readonly attempt: number;
  /**
   * The column `billing_details`. Read by the send, not by the claim: a bill whose details are damaged is refused and recorded
   * like one whose address does not open, instead of staying claimed as if its mail were under way.
   */
  readonly details: unknown;
  readonly lines: readonly BillLine[];
  /** Encrypted, field `name`, owner `public_info_id`. */
  readonly encryptedName: string;
  /** Encrypted, field `email`; the address as it is now. */
  readonly encryptedEmail: string;
}

/** One line of usage, as the member reads it. */
export interface BillLine {
  readonly label: string;
  readonly amountMinor: bigint;
}

/** May be sent now. */
export interface SendableBill {
  readonly kind: 'send';
  readonly bill: DispatchedBill;
  /** Undefined until it is claimed. */
  readonly claimed: ClaimedBill | undefined;
}

/** Falls into the member's quiet hours; not before `until`. */
export interface QuietBill {
  readonly kind: 'quiet';
  readonly bill: DispatchedBill;
  readonly until: Date;
}

/** The mail server took it. */
export interface SentBill {
  readonly kind: 'sent';
  readonly bill: DispatchedBill;
  readonly token: bigint;
  /** The server's reply, which often carries its queue id. */
  readonly response: string;
}

/** The mail server refused it for good. */
export interface RefusedBill {
  readonly kind: 'refused';
  readonly bill: DispatchedBill;
  readonly token: bigint;
  readonly error: unknown;
}

/** To be tried again, not before `until`: the destination is slow, or its rate is used up. */
export interface LaterBill {
  readonly kind: 'later';
  readonly bill: DispatchedBill;
  /** Undefined when it was not claimed: its rate was used up before. */
  readonly token: bigint | undefined;
  readonly until: Date;
}

/** Nobody can tell whether the mail server took it. */
export interface UnknownSend {
  readonly kind: 'unknown';
  readonly bill: DispatchedBill;
  readonly token: bigint;
  /** Why, for the person who decides; no personal data. */
  readonly reason: string;
}

/** What `record` writes. */
export type SendVerdict = QuietBill | SentBill | RefusedBill | LaterBill | UnknownSend;

/** Decides whether a bill may be mailed at this moment, or when. */
export function decideDelivery(bill: DispatchedBill, moment: { readonly now: Date }): SendableBill | QuietBill {
  if (bill.quietHours === null) return { kind: 'send', bill, claimed: undefined };
  const until = nextAllowedAt(bill.quietHours, moment.now);
  return until.getTime() > moment.now.getTime() ? { kind: 'quiet', bill, until } : { kind: 'send', bill, claimed: undefined };
}

/** The verdict on a claimed bill that the mail server took. */
export function sent(send: SendableBill, response: string): SentBill {
  return { kind: 'sent', bill: send.bill, token: claimOf(send).token, response };
}

/** The verdict on a claimed bill that was refused for good. */
export function refused(send: SendableBill, error: unknown): RefusedBill {
  return { kind: 'refused', bill: send.bill, token: claimOf(send).token, error };
}

/** The verdict on a bill that has to wait, claimed or not. */
export function later(send: SendableBill, until: Date): LaterBill {
  return { kind: 'later', bill: send.bill, token: send.claimed?.token, until };
}

/** The verdict on a claimed bill whose fate nobody can tell. */
export function unknownSend(send: SendableBill, error: unknown): UnknownSend {
  return { kind: 'unknown', bill: send.bill, token: claimOf(send).token, reason: textOf(error) };
}

/** What the claim added to a bill. A bill that was not claimed has no business with the mail server: a defect. */
export function claimOf({ bill, claimed }: SendableBill): ClaimedBill {
  if (claimed === undefined) throw new WeirError('defect', `Bill ${bill.billId} was to be sent without a claim.`);
  return claimed;
}
