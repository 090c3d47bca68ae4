// Enters: a day of Seoul that has ended. Leaves: its totals in the table, its file, and a mail to each recipient.
// Guarantee: table, file and mails say the same, that of one snapshot; the file is whole or not there; a mail is claimed before it is
// sent, and one that nobody can tell about is never sent again by itself. The pass over the orders is made while the run is planned, whole
// or not at all: half of a snapshot is worth nothing. Put aside: none; the run completes once each mail is sent or a person was told.
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import type { DueMail } from '../shared/mailedReports/dueMail.ts';
import { mailEach, type ReportMails } from '../shared/mailedReports/mailEach.ts';
import { planMails, readRecipient } from '../shared/mailedReports/mailParts.ts';
import { recipientsOf } from '../shared/mailedReports/reportMailOptions.ts';
import type { ReportMailStore } from '../shared/mailedReports/reportMailStore.ts';
import { parseSeoulDay, requireSeoulDayEnded } from '../shared/seoulTime.ts';
import { dailyReportOptions } from './dailyReportOptions.ts';
import type { CompiledReport, DailyReportStore } from './dailyReportStore.ts';

export interface DailyReportPorts {
  readonly clock: Clock;
  readonly reports: DailyReportStore;
  readonly reportMails: ReportMails<CompiledReport> & Pick<ReportMailStore<CompiledReport>, 'standing'>;
}

export const dailyReport = defineJob({
  name: 'payments.dailyReport',
  profile: 'payments',
  options: dailyReportOptions,
  planVersion: 2,
  parseKey: parseSeoulDay,
  checkKey: requireSeoulDayEnded,
  plan: async ({ reports, clock }: DailyReportPorts, day, options, { isDryRun }) => {
    requireSeoulDayEnded(day, clock.now());
    if (!isDryRun) await reports.compile(day, options);
    return planMails(recipientsOf(options));
  },
  rows: (_ports, { key: day, input }): RowReader<DueMail<CompiledReport>> => {
    const due: DueMail<CompiledReport> = { day, recipient: readRecipient(input), claimed: undefined };
    return { positionOf: ({ recipient }) => recipient, page: (after) => Promise.resolve(after === undefined ? [due] : []) };
  },
  chain: (row$, { reportMails }, options) => mailEach(row$, reportMails, options),
  report: async ({ reports, reportMails }, day) => {
    const { asOf, totals = [] } = (await reports.read(day)) ?? {};
    const mails = await reportMails.standing(day);
    return {
      asOf: asOf?.toISOString() ?? null,
      totals: totals.map((total) => ({ ...total, orders: total.orders.toString(), amountMinor: total.amountMinor.toString() })),
      mails: mails.map(({ recipient, status }) => ({ recipient, status })),
    };
  },
});
