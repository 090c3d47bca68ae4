import { WeirError } from '../../src/errors.ts';
import { identifierText } from '../shared/identifiers.ts';
import { sendTransitions, type SendState } from './sendStatus.ts';

/** How a bill reaches its member. */
export type Channel = 'EMAIL' | 'SMS';

/** A bill as an operator meets it, locked. */
export interface OperatedBill {
  readonly billId: bigint;
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
  readonly publicInfoId: bigint;
  readonly state: SendState;
  /** SENDING under a lease that has not run out. */
  readonly isLive: boolean;
  /** Whether the settlement that makes it has not completed: until then it may be taken back. */
  readonly isUnsettled: boolean;
  /** The attempt under way or parked. */
  readonly token: bigint | undefined;
  readonly channel: Channel | undefined;
}

/** What a person decides about a parked bill. */
export const resolutions = ['resend', 'sent', 'failed'] as const;

export type Resolution = (typeof resolutions)[number];

/**
 * Refuses a forced send of a bill that was sent, or is being sent: whoever holds it may have its mail in dialogue. A holder whose
 * lease ran out counts as gone, as it does to a redispatch.
 */
export function requireForcible(bill: OperatedBill): void {
  if (bill.state === 'COMPLETED') throw refusal(bill, 'was sent already');
  if (bill.isLive) throw refusal(bill, 'is being sent now: it can be forced when that has ended');
  if (bill.state === 'CREATED' && bill.isUnsettled) throw refusal(bill, 'belongs to a month whose settlement has not completed');
}

/** Refuses an SMS for a bill that has not failed. */
export function requireFailed(bill: OperatedBill): void {
  if (!sendTransitions.sentAsSms.from.some((state) => state === bill.state)) {
    throw refusal(bill, `is ${bill.state}: only a FAILED bill is sent as SMS`);
  }
}

/** Refuses to resolve a bill that does not wait for a person. */
export function requireParked(bill: OperatedBill): void {
  if (bill.state !== 'PARKED') throw refusal(bill, `is ${bill.isLive ? 'being sent now' : bill.state}, not parked`);
}

/** A bill as it is named to people: as commands print and take it, and as its mail shows it. */
export function billName({ billId, billingDate }: Pick<OperatedBill, 'billId' | 'billingDate'>): string {
  return `${billId} (${identifierText(billId)}) of ${billingDate.slice(0, 7)}`;
}

function refusal(bill: OperatedBill, what: string): WeirError {
  return new WeirError('refused', `Bill ${billName(bill)} ${what}.`);
}
