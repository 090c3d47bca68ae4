import { readFileSync } from 'node:fs';
import handlebars from 'handlebars';
import type { Address, Mail } from '../../src/connectors/mailer.ts';
import { domainOf } from '../shared/emailAddress.ts';
import { identifierText } from '../shared/identifiers.ts';
import { formatWon, groupThousands } from '../shared/money.ts';
import { oneLine } from '../shared/oneLine.ts';
import type { Sale } from './notice.ts';
import { methodName, quantityText } from './saleWords.ts';

/** What the templates see: texts, so that a template never meets a zero, which it would take for nothing. */
interface ConfirmationView {
  readonly title: string;
  readonly preview: string;
  readonly sender: string;
  readonly amount: string;
  /** The amount without its unit. */
  readonly amountDigits: string;
  readonly method: string;
  readonly number: string;
  readonly items: readonly { readonly name: string; readonly quantity: string }[];
}

// A name that a template uses and the view lacks throws instead of leaving a hole in a mail; no helpers but the language's own.
const strict = { strict: true, knownHelpersOnly: true } as const;
const renderHtml = handlebars.create().compile<ConfirmationView>(template('confirmationMail.html.hbs'), strict);
// Plain text is not HTML: escaping there would show `&amp;` to people.
const renderText = handlebars.create().compile<ConfirmationView>(template('confirmationMail.text.hbs'), { ...strict, noEscape: true });

/**
 * Composes the mail that tells a buyer that the order is paid. The Message-ID comes from the payment alone, so the same confirmation
 * sent again can be recognised. Line breaks in the name of a product or of the sender become spaces.
 */
export function composeConfirmationMail(sale: Sale, buyerAddress: string, sender: Address): Mail {
  const view = viewOf(sale, oneLine(sender.name));
  return {
    from: sender,
    to: { name: '', address: buyerAddress },
    subject: view.title,
    html: renderHtml(view),
    text: renderText(view),
    messageId: `<payment.${sale.paymentId}@${domainOf(sender.address)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function viewOf({ orderId, amountMinor, method, items }: Sale, sender: string): ConfirmationView {
  const amount = formatWon(amountMinor);
  const number = identifierText(orderId);
  return {
    title: `[${sender}] 결제가 완료되었습니다 ${amount}`,
    preview: `${amount} · 주문번호 ${number}`,
    sender,
    amount,
    amountDigits: groupThousands(amountMinor),
    method: methodName[method],
    number,
    items: items.map(({ name, quantity }) => ({ name: oneLine(name), quantity: quantityText(quantity) })),
  };
}

function template(name: string): string {
  return readFileSync(new URL(`templates/${name}`, import.meta.url), 'utf8');
}
