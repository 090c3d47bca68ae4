// What operators ask of the accounts: running totals, which the command line also prints as CSV and as a chart.
import { z } from 'zod';
import { defineQuestion } from '../../src/console/route.ts';
import { cumulativeChart } from './cumulativeChart.ts';
import { answerOf, readAnswer } from './cumulativeAnswer.ts';
import { cumulativeCsv } from './cumulativeCsv.ts';
import { isDay, parseShown, requireShowable } from './cumulativeReport.ts';
import { passLimitMs, type CumulativeStore } from './cumulativeStore.ts';

export interface ReportPorts {
  readonly cumulatives: Pick<CumulativeStore, 'read'>;
}

/** What the routes of this file are about. */
export const reportGroup = 'reports of the accounts: running totals of a column, day by day';

export const cumulativeRoute = defineQuestion({
  name: 'report.cumulative',
  about: 'for each shown day the sum of a column from a first day up to and including it, in one pass over the daily statistics',
  role: 'viewer',
  answerLimitMs: passLimitMs + 30_000,
  input: z.strictObject({
    column: z
      .string()
      .min(1, 'expected the name of a column')
      .max(63, 'expected the name of a column')
      .meta({ description: 'numeric column of statistics.daily_accounting_statistics, as manual_cancel_amount' }),
    from: z.string().refine(isDay, 'expected a date as 2025-07-01').meta({ description: 'first day that is summed, as 2025-07-01' }),
    show: z
      .string()
      .refine((text) => parseShown(text) !== undefined, 'expected two dates as 2025-10-01..2025-12-31, or one')
      .meta({ description: 'days that are shown, as 2025-10-01..2025-12-31' }),
  }),
  formats: { csv: (answer) => cumulativeCsv(readAnswer(answer)), svg: (answer) => cumulativeChart(readAnswer(answer)) },
  answer: async ({ cumulatives }: ReportPorts, { column, from, show }) => {
    const shown = parseShown(show) ?? { firstShown: from, lastShown: from };
    requireShowable({ from, ...shown });
    return answerOf(await cumulatives.read({ column, from, ...shown }));
  },
});
