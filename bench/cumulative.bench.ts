import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { CumulativeRequest } from '../pipelines/accounting/cumulativeReport.ts';
import { cumulativeStore } from '../pipelines/accounting/cumulativeStore.ts';
import { decimalText } from '../pipelines/shared/decimal.ts';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import type { Benchmark, Contest } from './benchmark.ts';
import { naiveTotals } from './cumulative/naiveTotals.ts';

const request: CumulativeRequest = {
  ...{ column: 'manual_cancel_amount', from: '2025-07-01' },
  ...{ firstShown: '2025-10-01', lastShown: '2025-12-31' },
};

/**
 * Running totals of half a year on 92 days, as `weir report cumulative` reads them. Baseline: the query that it replaces, a sum for each of
 * the 92 days, all within one statement. Ceiling: one sum over the same rows. All rows lie within the days that are summed.
 */
export const cumulativeBenchmark: Benchmark = { name: 'cumulative', unit: 'rows', size: 1_000_000, open };

type Total = readonly [day: string, total: string | null];

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  // Filling and the baseline take longer than any statement of a daemon may.
  const patient = { statementLimitMs: 600_000, answerLimitMs: 700_000 };
  const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock, ...patient }), (opened) => opened.close());
  await fill(database, size);
  const cumulatives = cumulativeStore(database, () => new Date());
  const expected = await naively(database);
  let [ours, naive]: (readonly Total[])[] = [];
  const all = started.move();
  return {
    entrants: {
      ours: {
        run: async () => {
          const { totals } = await cumulatives.read(request);
          ours = totals.map(({ day, total }) => [day, total === undefined ? null : decimalText(total)]);
          return size;
        },
        check: () => requireEqual(ours, expected),
      },
      baseline: {
        run: async () => {
          naive = await naively(database);
          return size;
        },
        check: () => requireEqual(naive, expected),
      },
      ceiling: {
        run: async () => {
          const { column, from, lastShown } = request;
          await database.query({
            text: `SELECT sum(${column}) FROM statistics.daily_accounting_statistics WHERE report_day BETWEEN $1 AND $2`,
            values: [from, lastShown],
          });
          return size;
        },
      },
    },
    close: () => all.disposeAsync(),
  };
}

async function naively(database: PostgresDatabase): Promise<readonly Total[]> {
  const rows = await database.query<{ day: string; total: string | null }>(naiveTotals(request));
  return rows.map(({ day, total }) => [day, total]);
}

async function fill(database: PostgresDatabase, size: number): Promise<void> {
  await database.execute({
    text: `INSERT INTO statistics.daily_accounting_statistics (report_day, payment_count, payment_amount, manual_cancel_count, manual_cancel_amount)
      SELECT date '2025-07-01' + (n * 184 / $1)::int, n % 97, (n * 7919 % 1000003) / 100.0, n % 3, CASE WHEN n % 5 = 0 THEN NULL ELSE (n * 104729 % 2000003 - 500000) / 100.0 END
      FROM generate_series(0, $1::bigint - 1) AS n`,
    values: [size],
  });
  await database.execute('VACUUM ANALYZE statistics.daily_accounting_statistics');
}

function requireEqual(totals: readonly Total[] | undefined, expected: readonly Total[]): Promise<void> {
  if (isDeepStrictEqual(totals, expected)) return Promise.resolve();
  return Promise.reject(new Error('The running totals are not those of a sum for each day.'));
}
