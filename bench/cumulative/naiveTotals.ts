import { addDays, daysBetween, type CumulativeRequest } from '../../pipelines/accounting/cumulativeReport.ts';

/** The query that running totals replace: a sum of its own for each shown day, which reads the table as often as there are days. */
export function naiveTotals({ column, from, firstShown, lastShown }: CumulativeRequest): string {
  const days = Array.from({ length: daysBetween(firstShown, lastShown) }, (_, at) => addDays(firstShown, at));
  const sums = days.map(
    (day) =>
      `SELECT '${day}' AS day, sum("${column}")::text AS total FROM statistics.daily_accounting_statistics
       WHERE report_day >= '${from}' AND report_day <= '${day}'`,
  );
  return `${sums.join(' UNION ALL ')} ORDER BY day`;
}
