import { addDays, type CumulativeReport } from '../../../pipelines/accounting/cumulativeReport.ts';
import { parseDecimal } from '../../../pipelines/shared/decimal.ts';

/** A report whose days follow one another from 2025-10-01 on, with these totals (null: none). */
export function aReport(totals: readonly (string | null)[], changes: Partial<CumulativeReport> = {}): CumulativeReport {
  const firstShown = '2025-10-01';
  return {
    column: 'manual_cancel_amount',
    from: '2025-07-01',
    firstShown,
    lastShown: addDays(firstShown, totals.length - 1),
    asOf: new Date('2026-01-02T00:00:00Z'),
    totals: totals.map((text, at) => ({ day: addDays(firstShown, at), total: text === null ? undefined : parseDecimal(text) })),
    ...changes,
  };
}
