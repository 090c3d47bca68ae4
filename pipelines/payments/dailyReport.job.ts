// Enters: a day of Seoul that has ended. Leaves: its totals in the table, its file, and a mail to each recipient.
// Guarantee: table, file and mails say the same, that of one snapshot; the file is whole or not there; a mail is claimed before it is
// sent, and one that nobody can tell about is never sent again by itself. The pass over the orders is made while the run is planned, whole
// or not at all: half of a snapshot is worth nothing. Put aside: none; the run completes once each mail is sent or a person was told.
import type { Effect } from '../../operators/effectOptions.ts';
import type { Gate } from '../../operators/gate.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { WeirError } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { parseSeoulDay } from '../shared/seoulTime.ts';
import { requireDayEnded } from './dailyReport.ts';
import { dailyReportOptions, recipientsOf } from './dailyReportOptions.ts';
import type { DailyReportStore } from './dailyReportStore.ts';
import { laterMail, refusedMail, unknownMail, type DueMail, type MailVerdict } from './dueMail.ts';
import { planMails, readRecipient } from './mailParts.ts';
import type { ReportMailStore } from './reportMailStore.ts';

export interface DailyReportPorts {
  readonly clock: Clock;
  readonly reports: DailyReportStore;
  readonly reportMails: ReportMailStore & { readonly send: Effect<DueMail, MailVerdict>; readonly gate: Gate };
}

/** A partition has one mail. */
const alone = { size: 1, maxWaitMs: 0 };

export const dailyReport = defineJob({
  name: 'payments.dailyReport',
  profile: 'payments',
  options: dailyReportOptions,
  planVersion: 2,
  parseKey: parseSeoulDay,
  plan: async ({ reports, clock }: DailyReportPorts, day, options, { isDryRun }) => {
    requireDayEnded(day, clock.now());
    if (!isDryRun) await reports.compile(day, options);
    return planMails(recipientsOf(options));
  },
  rows: (_ports, { key: day, input }): RowReader<DueMail> => {
    const due: DueMail = { day, recipient: readRecipient(input), claimed: undefined };
    return { positionOf: ({ recipient }) => recipient, page: (after) => Promise.resolve(after === undefined ? [due] : []) };
  },
  chain: (row$, { reportMails }, { mail, repeat, repeatForMs }) => {
    const again = { ...repeat, forMs: repeatForMs };
    return row$.pipe(
      mergeMapEach(reportMails.send, {
        ...mail,
        concurrency: alone.size,
        claim: reportMails.claim,
        repeatClaim: again,
        gate: reportMails.gate,
        refused: refusedMail,
        later: laterMail,
        unknown: unknownMail,
      }),
      mapChunk(reportMails.record, { ...alone, repeat: again }),
      mapChunk(requireEnds, alone),
    );
  },
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

/** A mail that was given back has no end: its partition fails in a way that may pass, and begins anew. */
async function requireEnds(verdicts: readonly MailVerdict[]): Promise<readonly MailVerdict[]> {
  const left = verdicts.filter(({ kind }) => kind === 'later');
  if (left.length > 0) throw new WeirError('unavailable', 'The mail server has not taken the mail of a report.');
  return Promise.resolve(verdicts);
}
