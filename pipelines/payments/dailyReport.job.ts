// Enters: a day of Seoul that has ended. Leaves: its totals in the table, its file, and a mail to each recipient.
// Guarantee: table, file and mails say the same, that of one snapshot; the file is whole or not there; a mail is claimed before it is
// sent, and one that nobody can tell about is never sent again by itself. The pass over the orders is made while the run is planned,
// whole or not at all: half of a snapshot is worth nothing, so there is no checkpoint in it. Put aside: none; what stays unsent fails the run.
import type { Effect } from '../../operators/effectOptions.ts';
import type { Gate } from '../../operators/gate.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { parseSeoulDay } from '../shared/seoulTime.ts';
import { requireDayEnded } from './dailyReport.ts';
import { dailyReportOptions, recipientsOf } from './dailyReportOptions.ts';
import type { DailyReportStore } from './dailyReportStore.ts';
import { refusedMail, unknownMail, type MailEnd, type ReportMail, type ReportMailStore } from './reportMailStore.ts';

export interface DailyReportPorts {
  readonly clock: Clock;
  readonly reports: DailyReportStore;
  readonly reportMails: ReportMailStore & { readonly send: Effect<ReportMail, MailEnd>; readonly gate: Gate };
}

/** Mails end one by one, and each end is written at once. */
const atOnce = { size: 1, maxWaitMs: 0 };

export const dailyReport = defineJob({
  name: 'payments.dailyReport',
  profile: 'payments',
  options: dailyReportOptions,
  planVersion: 1,
  parseKey: parseSeoulDay,
  plan: async ({ reports, clock }: DailyReportPorts, day, options, { isDryRun }) => {
    requireDayEnded(day, clock.now());
    if (!isDryRun) await reports.compile(day, options);
    const recipients = recipientsOf(options);
    return recipients.length === 0 ? [] : [{ name: 'mails', input: null, total: recipients.length }];
  },
  rows: (_ports, { key: day }, options): RowReader<ReportMail> => ({
    positionOf: ({ recipient }) => recipient,
    page: (after = '', limit) => {
      const next = recipientsOf(options).filter((recipient) => recipient > after);
      return Promise.resolve(next.slice(0, limit).map((recipient) => ({ day, recipient })));
    },
  }),
  chain: (row$, { reportMails }, { mail }) =>
    row$.pipe(
      mergeMapEach(reportMails.send, { ...mail, gate: reportMails.gate, refused: refusedMail, unknown: unknownMail }),
      mapChunk(reportMails.record, atOnce),
    ),
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
