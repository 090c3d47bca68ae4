import type { Database, Transaction } from '../../src/connectors/database.ts';
import { decimalText, parseDecimal } from '../shared/decimal.ts';
import type { CumulativeReport, CumulativeRequest } from './cumulativeReport.ts';
import { passLimitMs, type CumulativeStore } from './cumulativeStore.ts';

/** The reports of days, as they are mailed; a day is the last that its report shows. */
export interface CumulativeReportStore {
  /**
   * Compiles the report of the last shown day. Again: anew, in the place of what is there; but nothing any more once a mail was claimed, since
   * what people were told is not changed. Two at once wait for each other.
   */
  compile(request: CumulativeRequest): Promise<void>;
  /** Undefined where the day has none. */
  read(day: string): Promise<CumulativeReport | undefined>;
}

/** The statements of reports. */
export function cumulativeReportStore(
  database: Database,
  cumulatives: Pick<CumulativeStore, 'readWithin'>,
  now: () => Date,
): CumulativeReportStore {
  return {
    compile: (request) =>
      database.withTransaction(
        async (transaction) => {
          const { lastShown, column, from } = request;
          if ((await transaction.execute({ text: begin, values: [lastShown, now(), column, from] })) === 0) return;
          await writeTotals(transaction, await cumulatives.readWithin(transaction, request));
        },
        { isolation: 'repeatableRead', timeLimitMs: passLimitMs },
      ),
    read: async (day) => {
      const rows = await database.query<ReportRow>({ text: read, values: [day] });
      const [first] = rows;
      if (first === undefined) return undefined;
      const totals = rows.map(({ shown_day, total }) => ({ day: shown_day, total: total === null ? undefined : parseDecimal(total) }));
      return {
        ...{ column: first.column_name, from: first.from_day, firstShown: first.shown_day, lastShown: day },
        ...{ asOf: first.as_of, totals },
      };
    },
  };
}

async function writeTotals(transaction: Transaction, { lastShown, totals }: CumulativeReport): Promise<void> {
  await transaction.execute({ text: 'DELETE FROM accounting.cumulative_report_total WHERE day = $1', values: [lastShown] });
  const values = [lastShown, totals.map(({ day }) => day), totals.map(({ total }) => (total === undefined ? null : decimalText(total)))];
  await transaction.execute({ text: insertTotals, values });
}

interface ReportRow {
  readonly as_of: Date;
  readonly column_name: string;
  readonly from_day: string;
  readonly shown_day: string;
  readonly total: string | null;
}

// Whoever claims a mail changes this row: where that comes in between, this transaction runs again, and finds it.
const begin = `
  INSERT INTO accounting.cumulative_report AS report (day, as_of, column_name, from_day) VALUES ($1, $2, $3, $4)
  ON CONFLICT (day) DO UPDATE SET (as_of, column_name, from_day) = (excluded.as_of, excluded.column_name, excluded.from_day)
  WHERE NOT report.is_mailed`;

const insertTotals = `
  INSERT INTO accounting.cumulative_report_total (day, shown_day, total)
  SELECT $1, * FROM unnest($2::date[], $3::numeric[])`;

const read = `
  SELECT as_of, column_name, from_day, shown_day, total
  FROM accounting.cumulative_report JOIN accounting.cumulative_report_total USING (day) WHERE day = $1 ORDER BY shown_day`;
