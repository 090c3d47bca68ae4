import { z } from 'zod';
import { WeirError } from '../../src/errors.ts';
import { reportMailOptions } from '../shared/mailedReports/reportMailOptions.ts';
import { addDays, isDay, maxShownDays, type CumulativeRequest } from './cumulativeReport.ts';

/** Options of `accounting.cumulativeReport`. */
export const cumulativeReportOptions = z.object({
  column: z.string().min(1).max(63).default('manual_cancel_amount').meta({
    description: 'Numeric column of statistics.daily_accounting_statistics that is added up.',
  }),
  from: z
    .string()
    .default('')
    .refine((text) => text === '' || isDay(text), 'expected a date as 2025-07-01, or nothing')
    .meta({ description: 'First day that is summed, as 2025-07-01; empty: 1 January of the year of the reported day.' }),
  shownDays: z.int().min(1).max(maxShownDays).default(92).meta({
    description: 'Days that a report shows, the last of them its own. Too few: no course is seen; too many: none can be told apart.',
    unit: 'days',
  }),
  ...reportMailOptions,
});

/** What the report of a day shows: the days up to it, none before the first that is summed. `invalidKey` for a day before that. */
export function requestOf(day: string, { column, from, shownDays }: z.infer<typeof cumulativeReportOptions>): CumulativeRequest {
  const firstSummed = from === '' ? `${day.slice(0, 4)}-01-01` : from;
  if (firstSummed > day)
    throw new WeirError('invalidKey', `Expected a day from ${from} on (accounting.cumulativeReport.from), got ${day}.`);
  const earliest = addDays(day, 1 - shownDays);
  return { column, from: firstSummed, firstShown: earliest < firstSummed ? firstSummed : earliest, lastShown: day };
}
