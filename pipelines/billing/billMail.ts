import { readFileSync } from 'node:fs';
import handlebars from 'handlebars';
import type { Address, Mail } from '../../src/connectors/mailer.ts';
import { identifierText } from '../shared/identifiers.ts';
import { formatWon, groupThousands } from '../shared/money.ts';
import { oneLine } from '../shared/oneLine.ts';
import { lastDay, periodOf, previousPeriod, type Period } from '../shared/period.ts';
import type { BillingDetails } from './billingDetails.ts';
import type { BillLine } from './delivery.ts';
import { messageIdOf } from './messageIdOf.ts';

/** What the mail of a bill is made of, in the clear. */
export interface BillContent {
  readonly billId: bigint;
  /** First day of the billing month, `YYYY-MM-DD`; the usage is that of the month before. */
  readonly billingDate: string;
  readonly recipient: Address;
  readonly details: BillingDetails;
  /** The month's usage; the mail shows only its sum where there are none. */
  readonly lines: readonly BillLine[];
}

/** What the templates see: texts, so that a template never meets a zero, which it would take for nothing. */
interface BillView {
  readonly title: string;
  readonly preview: string;
  readonly sender: string;
  readonly name: string;
  readonly month: string;
  readonly fee: string;
  /** The fee without its unit. */
  readonly feeDigits: string;
  readonly payment: string;
  readonly gross: string;
  readonly hasDiscounts: boolean;
  readonly totalDiscount: string;
  readonly number: string;
  readonly lines: readonly { readonly label: string; readonly amount: string }[];
  readonly discounts: readonly { readonly description: string; readonly amount: string }[];
}

// A name that a template uses and the view lacks throws instead of leaving a hole in a bill; no helpers but the language's own.
const strict = { strict: true, knownHelpersOnly: true } as const;
const renderHtml = handlebars.create().compile<BillView>(template('billMail.html.hbs'), strict);
// Plain text is not HTML: escaping there would show `&amp;` to people.
const renderText = handlebars.create().compile<BillView>(template('billMail.text.hbs'), { ...strict, noEscape: true });

/**
 * Composes the mail of a bill. The Message-ID comes from the bill alone, so the same bill sent again can be recognised. Line
 * breaks in a name, a label or the sender's name become spaces: nobody writes headers or lines of their own into a bill.
 */
export function composeBillMail(content: BillContent, sender: Address): Mail {
  const billingMonth = periodOf(content.billingDate);
  const view = viewOf(content, billingMonth, oneLine(sender.name));
  return {
    from: sender,
    to: { name: view.name, address: content.recipient.address },
    subject: view.title,
    html: renderHtml(view),
    text: renderText(view),
    messageId: messageIdOf(content.billId, billingMonth, sender.address),
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function viewOf({ billId, recipient, details, lines }: BillContent, billingMonth: Period, sender: string): BillView {
  const month = monthText(previousPeriod(billingMonth));
  const fee = formatWon(details.finalAmountMinor);
  const payment = details.finalAmountMinor === 0n ? '납부하실 금액이 없습니다.' : `납부 기한 ${dateText(lastDay(billingMonth))}`;
  return {
    title: `[${sender}] ${month} 이용요금 ${fee}`,
    preview: `${fee} · ${payment}`,
    sender,
    name: oneLine(recipient.name),
    month,
    fee,
    feeDigits: groupThousands(details.finalAmountMinor),
    payment,
    gross: formatWon(details.finalAmountMinor + details.totalDiscountMinor),
    hasDiscounts: details.discounts.length > 0,
    totalDiscount: formatWon(-details.totalDiscountMinor),
    number: identifierText(billId),
    lines: lines.map(({ label, amountMinor }) => ({ label: oneLine(label), amount: formatWon(amountMinor) })),
    discounts: details.discounts.map(({ description, amountMinor }) => ({
      description: oneLine(description),
      amount: formatWon(-amountMinor),
    })),
  };
}

function monthText(period: Period): string {
  return `${period.slice(0, 4)}년 ${Number(period.slice(5))}월`;
}

function dateText(date: string): string {
  return `${monthText(periodOf(date))} ${Number(date.slice(8))}일`;
}

function template(name: string): string {
  return readFileSync(new URL(`templates/${name}`, import.meta.url), 'utf8');
}
