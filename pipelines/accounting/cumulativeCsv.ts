import { csvLine } from '../shared/csv.ts';
import type { CumulativeReport } from './cumulativeReport.ts';

/** A report as CSV: a head, then a line for each shown day; nothing where there is no total. */
export function cumulativeCsv({ column, totals }: CumulativeReport): string {
  return [csvLine(['day', column]), ...totals.map(({ day, total }) => csvLine([day, total ?? null]))].join('');
}
