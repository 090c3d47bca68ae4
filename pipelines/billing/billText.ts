import { WeirError } from '../../src/errors.ts';
import { formatWon } from '../shared/money.ts';
import { lastDay, periodOf, previousPeriod } from '../shared/period.ts';
import type { BillingDetails } from './billingDetails.ts';

/** What the SMS of a bill says, in the clear. */
export interface BillTextContent {
  /** First day of the billing month, `YYYY-MM-DD`; the usage is that of the month before. */
  readonly billingDate: string;
  readonly details: BillingDetails;
}

/** The SMS of a bill: whose it is, the month, what to pay and until when. No name: who picks up the phone may be another. */
export function composeBillText({ billingDate, details }: BillTextContent, sender: string): string {
  const billingMonth = periodOf(billingDate);
  const month = Number(previousPeriod(billingMonth).slice(5));
  const due = lastDay(billingMonth).slice(5).replace('-', '/');
  const payment = details.finalAmountMinor === 0n ? '납부하실 금액이 없습니다.' : `${due}까지 납부해 주세요.`;
  return `[${sender}] ${month}월 이용요금 ${formatWon(details.finalAmountMinor)}. ${payment}`;
}

/**
 * A phone number as an endpoint takes it: digits, with a plus in front of a country's. `refused` for what is none, without
 * repeating it.
 */
export function phoneNumber(written: string): string {
  const number = written.replaceAll(/[\s().-]/g, '');
  if (!/^\+?\d{8,15}$/.test(number))
    throw new WeirError('refused', 'The SMS was not sent: the member has no phone number of 8 to 15 digits.');
  return number;
}
