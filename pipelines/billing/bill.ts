import { WeirError } from '../../src/errors.ts';
import { addMonths, dayOf, firstDay, type Period } from '../shared/period.ts';
import { detailsOf, type BillingDetails } from './billingDetails.ts';
import { giveDiscounts, type DiscountSubject } from './discount.ts';

/** A member with the sums of a month's usage, as the settlement's page reads them. */
export interface MemberUsage extends DiscountSubject {
  readonly publicInfoId: bigint;
  /** Day of the month on which the member wants the bill: 15 or 21. */
  readonly sendDay: number;
  /** The sum of the month's usage. */
  readonly grossMinor: bigint;
  /** The smallest fee of a line of the month; negative when any is. */
  readonly lowestLineMinor: bigint;
  /** The month's highest usage id. */
  readonly usageId: bigint;
  readonly lineCount: number;
}

/** A bill as settlement writes it, without its id. */
export interface Bill {
  readonly publicInfoId: bigint;
  /** First day of the month after the usage, `YYYY-MM-DD`. */
  readonly billingDate: string;
  /** When it is sent, `YYYY-MM-DD`; frozen here, so that a member who changes the day later is neither forgotten nor sent to twice. */
  readonly sendOn: string;
  readonly usageId: bigint;
  /** What is to be paid; zero or more, and the `finalAmount` of the details. */
  readonly feeMinor: bigint;
  /** How the fee came about. Their text is longer than they are, so it is made when the bill is written. */
  readonly details: BillingDetails;
}

/** Largest usage of a month that is believed: a billion won. */
export const largestGrossMinor = 1_000_000_000n;

/** The days of a month on which bills are sent. */
export const sendDays: readonly number[] = [15, 21];

/**
 * Reckons a member's bill for a month of usage. A member whose usage cannot be true (a negative line, none at all, a sum above
 * `largestGrossMinor`) or who has no send day is refused with `constraint`, for nothing that would be written could pass the
 * constraints of a bill: the job skips it with that reason and the others are billed.
 */
export function calculateBill(member: MemberUsage, month: Period): Bill {
  refuseAbsurd(member);
  const details = detailsOf(member.grossMinor, giveDiscounts(member, month, member.grossMinor));
  const billingMonth = addMonths(month, 1);
  return {
    publicInfoId: member.publicInfoId,
    billingDate: firstDay(billingMonth),
    sendOn: dayOf(billingMonth, member.sendDay),
    usageId: member.usageId,
    feeMinor: details.finalAmountMinor,
    details,
  };
}

function refuseAbsurd(member: MemberUsage): void {
  if (member.lineCount < 1) throw refusal(member, 'no usage in the month');
  if (member.lowestLineMinor < 0n) throw refusal(member, 'a line of usage with a negative fee');
  if (member.grossMinor < 0n) throw refusal(member, 'a negative sum of usage');
  if (member.grossMinor > largestGrossMinor) throw refusal(member, `usage above ${largestGrossMinor}, the most that is believed`);
  if (!sendDays.includes(member.sendDay)) throw refusal(member, `send day ${member.sendDay}, expected ${sendDays.join(' or ')}`);
}

function refusal(member: MemberUsage, what: string): WeirError {
  return new WeirError('constraint', `Member ${member.publicInfoId} has ${what}.`);
}
