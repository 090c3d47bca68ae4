import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addDays, type CumulativeRequest } from '../../../pipelines/accounting/cumulativeReport.ts';
import { cumulativeStore, runningTotals, type CumulativeStore } from '../../../pipelines/accounting/cumulativeStore.ts';
import { decimalText } from '../../../pipelines/shared/decimal.ts';
import { migrate } from '../../../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aDatabase, aMigratedDatabase } from '../../support/services.ts';
import { naiveTotals } from '../../../bench/cumulative/naiveTotals.ts';

const asOf = new Date('2026-01-02T00:00:00Z');
const column = 'manual_cancel_amount';
const request: CumulativeRequest = { column, from: '2025-07-01', firstShown: '2025-10-01', lastShown: '2025-12-31' };

let database: PostgresDatabase;
let cumulatives: CumulativeStore;

beforeAll(async () => {
  database = openDatabase({ url: await aMigratedDatabase(), clock: realClock });
  atTheEnd(() => database.close());
  cumulatives = cumulativeStore(database, () => asOf);
});

beforeEach(async () => {
  await database.execute('TRUNCATE statistics.daily_accounting_statistics');
});

/** A row: its day, and the text of its number or null. */
type Row = readonly [day: string, amount: string | null];

async function fill(rows: readonly Row[], into = column): Promise<void> {
  await database.execute({
    text: `INSERT INTO statistics.daily_accounting_statistics (report_day, "${into}") SELECT * FROM unnest($1::date[], $2::numeric[])`,
    values: [rows.map(([day]) => day), rows.map(([, amount]) => amount)],
  });
}

/** `day total` of each shown day; `–` where there is none. */
async function totalsOf(asked: Partial<CumulativeRequest> = {}): Promise<readonly string[]> {
  const { totals } = await cumulatives.read({ ...request, ...asked });
  return totals.map(({ day, total }) => `${day} ${total === undefined ? '–' : decimalText(total)}`);
}

async function naively(asked: CumulativeRequest): Promise<readonly string[]> {
  const rows = await database.query<{ day: string; total: string | null }>(naiveTotals(asked));
  return rows.map(({ day, total }) => `${day} ${total ?? '–'}`);
}

const digits = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
const amount = fc.oneof(
  digits.map(String),
  fc
    .tuple(digits, fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }), fc.integer({ min: 1, max: 12 }))
    .map(([whole, fraction, scale]) => `${whole}.${fraction.toString().padStart(12, '0').slice(-scale)}`),
  fc.constantFrom('-0.5', '0.000', '-0.00000000001'),
  fc.constant('0'),
  fc.constant(null),
);
/** Many rows on few days, so that there are gaps between them, days with several, and days with NULL alone. */
const rows = fc.array(fc.tuple(fc.integer({ min: -30, max: 30 }), amount), { maxLength: 40 });

describe('running totals', () => {
  it('are those of a sum for each shown day, to the last digit, whatever the rows', async () => {
    const ranges = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(25));
    await fc.assert(
      fc.asyncProperty(rows, ranges, async (made, [fromBefore, shownAfter, more]) => {
        const at = (offset: number): string => addDays('2025-10-01', offset);
        await database.execute('TRUNCATE statistics.daily_accounting_statistics');
        await fill(made.map(([offset, text]) => [at(offset), text]));
        const asked = {
          column,
          from: at(-fromBefore),
          firstShown: at(shownAfter - fromBefore),
          lastShown: at(shownAfter - fromBefore + more),
        };
        expect(await totalsOf(asked)).toEqual(await naively(asked));
      }),
      { numRuns: 60 },
    );
  });

  it('of three months are those of 92 sums', async () => {
    await database.execute(`
      INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount)
      SELECT date '2025-06-01' + (n * 7919 % 230), CASE WHEN n % 11 = 0 THEN NULL ELSE (n * 104729 % 2000003 - 900000) / 100.0 END
      FROM generate_series(1, 5000) AS n WHERE n * 7919 % 230 % 5 <> 0`);
    const shown = await totalsOf();
    expect(shown).toHaveLength(92);
    expect(shown).toEqual(await naively(request));
  });

  it('repeat on days without rows and on days with NULL alone, and are none before the first value', async () => {
    await fill([
      ['2025-06-30', '1000'],
      ['2025-10-02', null],
      ['2025-10-03', '5.10'],
      ['2025-10-05', null],
      ['2025-10-06', '-7'],
      ['2025-10-06', '0.900'],
      ['2025-10-08', '1000'],
    ]);
    expect(await totalsOf({ lastShown: '2025-10-07' })).toEqual([
      ...['2025-10-01 –', '2025-10-02 –', '2025-10-03 5.10', '2025-10-04 5.10', '2025-10-05 5.10'],
      ...['2025-10-06 -1.000', '2025-10-07 -1.000'],
    ]);
  });

  it('are none on every day of an empty table', async () => {
    expect(new Set((await totalsOf()).map((line) => line.slice(11)))).toEqual(new Set(['–']));
  });

  it('are those of each numeric column, whatever its name and type', async () => {
    await database.execute(`ALTER TABLE statistics.daily_accounting_statistics
      ADD COLUMN "Odd ""name"" · 합계" integer, ADD COLUMN tiny smallint, ADD COLUMN note text, ADD COLUMN share double precision`);
    for (const [name, value] of [
      ['payment_count', '9223372036854775807'],
      ['Odd "name" · 합계', '2147483647'],
      ['tiny', '32767'],
    ] as const) {
      await database.execute('TRUNCATE statistics.daily_accounting_statistics');
      for (const day of ['2025-09-01', '2025-10-01', '2025-10-01']) {
        await database.execute({
          text: `INSERT INTO statistics.daily_accounting_statistics (report_day, "${name.replaceAll('"', '""')}") VALUES ($1, $2)`,
          values: [day, value],
        });
      }
      expect(await totalsOf({ column: name, lastShown: '2025-10-01' })).toEqual([`2025-10-01 ${3n * BigInt(value)}`]);
    }
  });

  it('read the table once for any number of shown days', async () => {
    await database.execute(`INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount)
      SELECT date '2025-07-01' + n % 184, n FROM generate_series(1, 20000) AS n`);
    await database.execute('ANALYZE statistics.daily_accounting_statistics');
    const plan = async (statement: string): Promise<string> => {
      const lines = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, TIMING off) ${statement}`);
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    };
    const { from, firstShown, lastShown } = request;
    const ours = runningTotals(column).replaceAll('$1', `'${from}'`).replaceAll('$2', `'${firstShown}'`).replaceAll('$3', `'${lastShown}'`);
    const scans = /Scan .*on daily_accounting_statistics .*loops=(\d+)/g;
    expect([...(await plan(ours)).matchAll(scans)].map(([, loops]) => loops)).toEqual(['1']);
    expect([...(await plan(naiveTotals(request))).matchAll(scans)]).toHaveLength(92);
  });
});

describe('daily statistics of other programs', () => {
  it('that stand already when Weir is migrated stay as they are, and are added up', async () => {
    const url = await aDatabase();
    const theirs = openDatabase({ url, clock: realClock });
    atTheEnd(() => theirs.close());
    await theirs.execute('CREATE SCHEMA statistics');
    await theirs.execute(
      'CREATE TABLE statistics.daily_accounting_statistics (report_day date PRIMARY KEY, roaming_amount numeric(20, 2))',
    );
    await theirs.execute(`INSERT INTO statistics.daily_accounting_statistics VALUES ('2025-10-01', 1.5), ('2025-10-02', 2)`);
    await migrate({ url, clock: realClock, directory: join(import.meta.dirname, '..', '..', '..', 'migrations') });
    const own = cumulativeStore(theirs, () => asOf);
    const asked = { ...request, column: 'roaming_amount', lastShown: '2025-10-02' };
    expect((await own.read(asked)).totals.map(({ total }) => total && decimalText(total))).toEqual(['1.50', '3.50']);
    await expect(own.read(request)).rejects.toThrow('one of roaming_amount; got');
  });
});

describe('a running total that cannot be', () => {
  it.each(['manual_cancel', 'note', 'report_day', 'id', 'share', 'MANUAL_CANCEL_AMOUNT', '1); DROP TABLE x; --', '"', ''])(
    'is refused for the column %j with those that there are',
    async (wrong) => {
      await expect(totalsOf({ column: wrong })).rejects.toMatchObject({
        code: 'notFound',
        message: expect.stringMatching(
          /^--column: expected a numeric column of statistics\.daily_accounting_statistics, one of payment_count, .*manual_cancel_amount,.*; got "/,
        ) as string,
      });
    },
  );

  it.each(['NaN', 'Infinity', '-Infinity'])('is told where the column holds %s', async (wrong) => {
    await fill([['2025-10-01', wrong]]);
    await expect(totalsOf()).rejects.toMatchObject({ code: 'incomplete', message: expect.stringContaining(`holds ${wrong}`) as string });
  });

  it('is told where the table is not there', async () => {
    const bare = openDatabase({ url: await aMigratedDatabase(), clock: realClock });
    atTheEnd(() => bare.close());
    await bare.execute('DROP TABLE statistics.daily_accounting_statistics');
    await expect(cumulativeStore(bare, () => asOf).read(request)).rejects.toMatchObject({
      code: 'notFound',
      message: 'There is no table statistics.daily_accounting_statistics: weir migrate makes it.',
    });
  });
});
