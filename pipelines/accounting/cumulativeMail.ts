import type { Address, Mail, Mailer } from '../../src/connectors/mailer.ts';
import { difference, groupDecimal } from '../shared/decimal.ts';
import { escapeMarkup } from '../shared/escapeMarkup.ts';
import { claimOf, mailed, type DueMail, type MailVerdict, type ReportMail } from '../shared/mailedReports/dueMail.ts';
import { reportMessageId } from '../shared/mailedReports/reportMessageId.ts';
import { oneLine } from '../shared/oneLine.ts';
import { seoulText } from '../shared/seoulTime.ts';
import { cumulativeChart } from './cumulativeChart.ts';
import { cumulativeCsv } from './cumulativeCsv.ts';
import type { CumulativeReport } from './cumulativeReport.ts';

export interface CumulativeMailPorts {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly sender: Address;
}

type DueReport = DueMail<CumulativeReport>;

/** Makes the effect that mails a claimed report. Errors are the mailer's. */
export function sendCumulativeMail({
  mailer,
  sender,
}: CumulativeMailPorts): (mail: DueReport, signal: AbortSignal) => Promise<MailVerdict> {
  return async function mailCumulative(mail, signal) {
    await mailer.send(composeCumulativeMail(mail, claimOf(mail).report, sender), signal);
    return mailed(mail);
  };
}

/** The mail of a report: what it comes to in a few lines, and its days as CSV and as a chart. Its Message-ID comes from the day and the recipient alone. */
export function composeCumulativeMail({ day, recipient }: ReportMail, report: CumulativeReport, sender: Address): Mail {
  const { column, from, firstShown, asOf, totals } = report;
  const [first, last] = [totals[0]?.total, totals.at(-1)?.total];
  const rows = [
    ['Column', oneLine(column)],
    [`From ${from} up to and including ${day}`, last === undefined ? 'no value so far' : groupDecimal(last)],
    ...(first === undefined || last === undefined ? [] : [[`Of it after ${firstShown}`, groupDecimal(difference(last, first))]]),
  ];
  const title = `${oneLine(column)} up to ${day}: ${last === undefined ? 'no value so far' : groupDecimal(last)}`;
  const about = `As of ${seoulText(asOf)}. Each shown day is in the files beside.`;
  const name = `cumulative-${day}`;
  return {
    from: sender,
    to: { name: '', address: recipient },
    subject: title,
    text: [title, '', ...rows.map((row) => row.join(': ')), '', about, ''].join('\n'),
    html: `<h1>${escapeMarkup(title)}</h1><table>${rows.map(htmlRow).join('')}</table><p>${about}</p>`,
    attachments: [
      { name: `${name}.csv`, type: 'text/csv', content: cumulativeCsv(report) },
      { name: `${name}.svg`, type: 'image/svg+xml', content: cumulativeChart(report) },
    ],
    messageId: reportMessageId('cumulative-report', { day, recipient }, sender.address),
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function htmlRow(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`;
}
