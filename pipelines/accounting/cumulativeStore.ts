import type { Database, Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { parseDecimal, type Decimal } from '../shared/decimal.ts';
import type { CumulativeReport, CumulativeRequest } from './cumulativeReport.ts';

/** Running totals over the daily statistics. */
export interface CumulativeStore {
  /**
   * The running totals of a column, as they stand now, each exact to its last digit and with the decimals of the column.
   *
   * PostgreSQL reads the table once, whatever the number of shown days, adds up each day, and then the days: its sums of `numeric` are
   * exact and its memory holds a row a day, so nothing of the table has to come here. What comes is a row for each shown day, at most
   * `maxShownDays`. Takes as long as reading the days from `from` on, `passLimitMs` at most.
   *
   * `notFound` where the table or the column is not there; `incomplete` where the column holds what is no number.
   */
  read(request: CumulativeRequest): Promise<CumulativeReport>;
  /** The same within a transaction. */
  readWithin(transaction: Transaction, request: CumulativeRequest): Promise<CumulativeReport>;
}

/** Of one pass over the table, whatever limit single statements have. Below five minutes, when a client of HTTP gives up. */
export const passLimitMs = 240_000;

const table = 'statistics.daily_accounting_statistics';

/** Running totals on a database. */
export function cumulativeStore(database: Database, now: () => Date): CumulativeStore {
  const readWithin: CumulativeStore['readWithin'] = async (transaction, request) => {
    const { column, from, firstShown, lastShown } = request;
    await requireColumn(transaction, column);
    const asOf = now();
    const rows = await transaction.query<TotalRow>({ text: runningTotals(column), values: [from, firstShown, lastShown] });
    return {
      ...request,
      asOf,
      totals: rows.map(({ day, total }) => ({ day, total: total === null ? undefined : decimalOf(column, total) })),
    };
  };
  return {
    readWithin,
    read: (request) =>
      database.withTransaction(
        async (transaction) => {
          await transaction.execute('SET TRANSACTION READ ONLY');
          return readWithin(transaction, request);
        },
        { timeLimitMs: passLimitMs },
      ),
  };
}

/** Refuses a column that cannot be summed exactly. Only a name that the catalogue has goes into a statement. */
async function requireColumn(transaction: Transaction, column: string): Promise<void> {
  const [found] = await transaction.query<ColumnsRow>({ text: columnsOf, values: [table] });
  if (found?.is_there !== true) throw new WeirError('notFound', `There is no table ${table}: weir migrate makes it.`);
  if (found.names.includes(column)) return;
  const asked = JSON.stringify(column.slice(0, 63));
  throw new WeirError('notFound', `--column: expected a numeric column of ${table}, one of ${found.names.join(', ')}; got ${asked}`);
}

function decimalOf(column: string, text: string): Decimal {
  if (/\d/.test(text)) return parseDecimal(text);
  throw new WeirError('incomplete', `The column ${column} of ${table} holds ${text} on a day that is summed: expected numbers only.`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

interface TotalRow {
  readonly day: string;
  /** A sum has more digits than any number of JavaScript: decimal text. */
  readonly total: string | null;
}

interface ColumnsRow {
  readonly is_there: boolean;
  readonly names: readonly string[];
}

// Identities tell rows apart: their sum says nothing.
const columnsOf = `
  SELECT to_regclass($1) IS NOT NULL AS is_there, ARRAY(
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attidentity = ''
      AND atttypid IN ('numeric'::regtype, 'bigint'::regtype, 'integer'::regtype, 'smallint'::regtype)
    ORDER BY attnum
  ) AS names`;

/**
 * The statement of the running totals of a column that is there: first summed, first shown and last shown day. What comes before the
 * first shown day counts as of it; that is said of days, not of rows, of which there are many more. Days by integers: a series of
 * timestamps would follow the zone of the session.
 */
export function runningTotals(column: string): string {
  return `
  WITH daily AS (
    SELECT report_day, sum(${quoted(column)}) AS amount
    FROM ${table} WHERE report_day BETWEEN $1::date AND $3::date GROUP BY report_day
  ), summed AS (
    SELECT greatest(report_day, $2::date) AS day, sum(amount) AS amount FROM daily GROUP BY 1
  )
  SELECT day, (sum(amount) OVER (ORDER BY day))::text AS total
  FROM (SELECT $2::date + n AS day FROM generate_series(0, $3::date - $2::date) AS n) AS shown LEFT JOIN summed USING (day)
  ORDER BY day`;
}
