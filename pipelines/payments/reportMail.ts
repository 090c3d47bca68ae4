import type { Address, Mail, Mailer } from '../../src/connectors/mailer.ts';
import { claimOf, mailed, type DueMail, type MailVerdict, type ReportMail } from '../shared/mailedReports/dueMail.ts';
import { reportMessageId } from '../shared/mailedReports/reportMessageId.ts';
import { formatWon, groupThousands, sum } from '../shared/money.ts';
import { seoulText } from '../shared/seoulTime.ts';
import type { CompiledReport } from './dailyReportStore.ts';

export interface ReportMailPorts {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly sender: Address;
}

/** Makes the effect that mails a claimed report. Errors are the mailer's. */
export function sendReportMail({
  mailer,
  sender,
}: ReportMailPorts): (mail: DueMail<CompiledReport>, signal: AbortSignal) => Promise<MailVerdict> {
  return async function mailReport(mail, signal) {
    await mailer.send(composeReportMail(mail, claimOf(mail).report, sender), signal);
    return mailed(mail);
  };
}

/** The mail of a report: the totals, by status and method. Its Message-ID comes from the day and the recipient alone. */
export function composeReportMail({ day, recipient }: ReportMail, { asOf, totals }: CompiledReport, sender: Address): Mail {
  const orders = groupThousands(sum(totals.map((total) => total.orders)));
  const amount = formatWon(sum(totals.map(({ amountMinor }) => amountMinor)));
  const title = `Payments of ${day}: ${orders} orders, ${amount}`;
  const rows = totals.map((total) => [total.status, total.method, groupThousands(total.orders), formatWon(total.amountMinor)] as const);
  const asOfText = `Orders made on this day in Seoul, as of ${seoulText(asOf)}.`;
  return {
    from: sender,
    to: { name: '', address: recipient },
    subject: title,
    text: [title, '', ...rows.map((row) => row.join('  ')), '', asOfText, ''].join('\n'),
    html: `<h1>${title}</h1><table>${rows.map((row) => `<tr><td>${row.join('</td><td>')}</td></tr>`).join('')}</table><p>${asOfText}</p>`,
    messageId: reportMessageId('daily-report', { day, recipient }, sender.address),
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}
