import { createHash } from 'node:crypto';
import type { Address, Mail, Mailer } from '../../src/connectors/mailer.ts';
import { kindOf, WeirError } from '../../src/errors.ts';
import { formatWon, groupThousands, sum } from '../shared/money.ts';
import { seoulText } from '../shared/seoulTime.ts';
import type { CompiledReport, DailyReportStore } from './dailyReportStore.ts';
import type { MailEnd, ReportMail, ReportMailStore } from './reportMailStore.ts';

export interface ReportMailPorts {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly mails: ReportMailStore;
  readonly reports: Pick<DailyReportStore, 'read'>;
  readonly sender: Address;
}

/**
 * Makes the effect that mails a report once: claimed, then sent. What somebody has claimed before is not sent; errors are the mailer's,
 * and the claim is given back where the server surely has not the mail, so that it is tried again.
 */
export function sendReportMail({
  mailer,
  mails,
  reports,
  sender,
}: ReportMailPorts): (mail: ReportMail, signal: AbortSignal) => Promise<MailEnd> {
  return async function mailReport(mail, signal) {
    // Recording leaves alone what has ended; what has not was claimed by a process that is gone.
    if (!(await mails.claim(mail))) return { ...mail, status: 'UNKNOWN' };
    try {
      // Behind the claim nothing changes it any more.
      const report = await reports.read(mail.day);
      if (report === undefined) throw new WeirError('incomplete', `There is no report of ${mail.day} to be mailed.`);
      await mailer.send(composeReportMail(mail, report, sender), signal);
      return { ...mail, status: 'SENT' };
    } catch (error) {
      if (kindOf(error) === 'transient') await mails.release(mail);
      throw error;
    }
  };
}

/** The mail of a report: the totals, by status and method. Its Message-ID comes from the day and the recipient alone. */
export function composeReportMail({ day, recipient }: ReportMail, { asOf, totals }: CompiledReport, sender: Address): Mail {
  const orders = groupThousands(sum(totals.map((total) => total.orders)));
  const amount = formatWon(sum(totals.map(({ amountMinor }) => amountMinor)));
  const title = `Payments of ${day}: ${orders} orders, ${amount}`;
  const rows = totals.map((total) => [total.status, total.method, groupThousands(total.orders), formatWon(total.amountMinor)] as const);
  const asOfText = `Orders made on this day in Seoul, as of ${seoulText(asOf)}.`;
  const number = createHash('sha256').update(recipient).digest('hex').slice(0, 16);
  return {
    from: sender,
    to: { name: '', address: recipient },
    subject: title,
    text: [title, '', ...rows.map((row) => row.join('  ')), '', asOfText, ''].join('\n'),
    html: `<h1>${title}</h1><table>${rows.map((row) => `<tr><td>${row.join('</td><td>')}</td></tr>`).join('')}</table><p>${asOfText}</p>`,
    messageId: `<daily-report.${day}.${number}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}
