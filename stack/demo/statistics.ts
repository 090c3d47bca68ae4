import { table } from '../../src/commandLine/table.ts';
import type { Database, Queryable } from '../../src/connectors/database.ts';
import type { Check } from './closing.ts';
import type { Operator } from './operator.ts';
import { say } from './tell.ts';

/** What a report is asked for. */
export interface ReportedDays {
  /** The totals begin here, `YYYY-MM-DD`. */
  readonly from: string;
  readonly first: string;
  readonly last: string;
}

/** Other programs have reported what was cancelled by hand: three rows a day, no Sundays, and nothing on the first. */
export async function writeStatistics(database: Database, { from, last }: ReportedDays): Promise<void> {
  await database.execute({ text: insertDays, values: [from, last] });
}

interface Totals {
  readonly days: readonly { readonly day: string; readonly totalDecimal: string | null }[];
}

/** Asks for the running totals, and compares their last row with a sum of its own. */
export async function closeStatistics(database: Queryable, operator: Operator, { from, first, last }: ReportedDays): Promise<Check> {
  const words = ['report', 'cumulative', '--column', 'manual_cancel_amount', '--from', from, '--show', `${first}..${last}`];
  const { days } = await operator.asks<Totals>(...words);
  say(`Cancelled by hand since ${from}, running totals: the last five of ${days.length} days`);
  console.log(
    table(
      ['day', 'total'],
      days.slice(-5).map(({ day, totalDecimal }) => [day, totalDecimal ?? '–']),
    ),
  );
  const [sum] = await database.query<{ total: string }>({ text: naiveSum, values: [from, last] });
  const shown = days.at(-1)?.totalDecimal;
  return { what: "the report's last row = a sum of its own", found: `${shown} = ${sum?.total}`, holds: shown === sum?.total };
}

const insertDays = `
  INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount)
  SELECT day::date, CASE WHEN extract(day FROM day) = 1 THEN NULL ELSE round((extract(doy FROM day) * shop * 1000 + shop) / 100, 2) END
  FROM generate_series($1::date, $2::date, interval '1 day') AS day, generate_series(1, 3) AS shop
  WHERE extract(isodow FROM day) < 7`;

const naiveSum = `
  SELECT sum(manual_cancel_amount)::text AS total FROM statistics.daily_accounting_statistics
  WHERE report_day BETWEEN $1::date AND $2::date`;
