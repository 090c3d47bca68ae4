// Enters: a day of Seoul that has ended. Leaves: a mail to each recipient with the running totals up to it, as CSV and as a chart.
// Guarantee: all recipients are told the same, that of one reading; a mail is claimed before it is sent, and one that nobody can tell about
// is never sent again by itself. Put aside: none; the run completes once each mail is sent or a person was told, and at once where nobody
// is to be told.
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import type { DueMail } from '../shared/mailedReports/dueMail.ts';
import { mailEach, type ReportMails } from '../shared/mailedReports/mailEach.ts';
import { planMails, readRecipient } from '../shared/mailedReports/mailParts.ts';
import { recipientsOf } from '../shared/mailedReports/reportMailOptions.ts';
import type { ReportMailStore } from '../shared/mailedReports/reportMailStore.ts';
import { parseSeoulDay, requireSeoulDayEnded } from '../shared/seoulTime.ts';
import { answerOf } from './cumulativeAnswer.ts';
import type { CumulativeReport as Report } from './cumulativeReport.ts';
import { cumulativeReportOptions, requestOf } from './cumulativeReportOptions.ts';
import type { CumulativeReportStore } from './cumulativeReportStore.ts';

export interface CumulativeReportPorts {
  readonly clock: Clock;
  readonly cumulativeReports: CumulativeReportStore;
  readonly cumulativeMails: ReportMails<Report> & Pick<ReportMailStore<Report>, 'standing'>;
}

export const cumulativeReport = defineJob({
  name: 'accounting.cumulativeReport',
  profile: 'accounting',
  options: cumulativeReportOptions,
  planVersion: 1,
  parseKey: parseSeoulDay,
  checkKey: requireSeoulDayEnded,
  plan: async ({ cumulativeReports, clock }: CumulativeReportPorts, day, options, { isDryRun }) => {
    requireSeoulDayEnded(day, clock.now());
    const recipients = recipientsOf(options);
    if (recipients.length > 0 && !isDryRun) await cumulativeReports.compile(requestOf(day, options));
    return planMails(recipients);
  },
  rows: (_ports, { key: day, input }): RowReader<DueMail<Report>> => {
    const due: DueMail<Report> = { day, recipient: readRecipient(input), claimed: undefined };
    return { positionOf: ({ recipient }) => recipient, page: (after) => Promise.resolve(after === undefined ? [due] : []) };
  },
  chain: (row$, { cumulativeMails }, options) => mailEach(row$, cumulativeMails, options),
  report: async ({ cumulativeReports, cumulativeMails }, day) => {
    const report = await cumulativeReports.read(day);
    if (report === undefined) return { result: 'nothing was mailed: accounting.cumulativeReport.recipients names nobody' };
    const { column, from, asOf, days } = answerOf(report);
    const mails = await cumulativeMails.standing(day);
    return {
      ...{ column, from, asOf, totalDecimal: days.at(-1)?.totalDecimal ?? null },
      mails: mails.map(({ recipient, status }) => ({ recipient, status })),
    };
  },
});
