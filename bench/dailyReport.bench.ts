import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { instantsOf, reportFileName } from '../pipelines/payments/dailyReport.ts';
import { dailyReportStore, ordersOf } from '../pipelines/payments/dailyReportStore.ts';
import { openWholeFile } from '../src/connectors/disk/openWholeFile.ts';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import type { Benchmark, Contest } from './benchmark.ts';
import { nodeOptions } from '../bin/nodeOptions.js';
import { copyOut } from './dailyReport/copyOut.ts';

const day = '2026-11-01';
const memoryMain = fileURLToPath(new URL('dailyReport/memoryMain.ts', import.meta.url));

/**
 * The report of a day: its orders from one snapshot into totals and a CSV file, as the job `payments.dailyReport` compiles it. Ceiling:
 * `COPY (SELECT …) TO STDOUT` of the same rows into a file, which nobody looks at. The fact is the resident memory of a process that does nothing else.
 */
export const dailyReportBenchmark: Benchmark = { name: 'dailyReport', unit: 'orders', size: 1_000_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  // Filling takes longer than any statement of a daemon may.
  const filling = openDatabase({ url: postgres.url, clock: realClock, statementLimitMs: 600_000, answerLimitMs: 700_000 });
  await fill(filling, size);
  await filling.close();
  const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock }), (opened) => opened.close());
  const folder = started.adopt(await mkdtemp(join(tmpdir(), 'weir-bench-')), (path) => rm(path, { recursive: true }));
  const compile = (): Promise<void> =>
    dailyReportStore(database, openWholeFile, () => new Date()).compile(day, { folder, passLimitMs: 600_000 });
  const { from, to } = instantsOf(day);
  const select = ordersOf.replaceAll('$1', `'${from.toISOString()}'`).replaceAll('$2', `'${to.toISOString()}'`);
  const all = started.move();
  return {
    entrants: {
      ours: {
        run: async () => {
          await compile();
          return size;
        },
        check: () => requireWhole(database, join(folder, reportFileName(day)), size),
      },
      ceiling: {
        run: async () => {
          await copyOut(postgres.url, select, join(folder, 'copied.csv'));
          return size;
        },
      },
    },
    facts: async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [...nodeOptions, memoryMain, postgres.url, day, folder]);
      return { 'resident memory of a process that compiles one, by tenths, MB': stdout.trim() };
    },
    close: () => all.disposeAsync(),
  };
}

async function fill(database: PostgresDatabase, size: number): Promise<void> {
  await database.execute({
    text: `INSERT INTO payments.orders (id, status, amount_minor, buyer_email, created_at, ended_at)
      SELECT n, 'COMPLETED', 12000 + n % 1000, 'ciphertext', at, at + interval '2 seconds'
      FROM generate_series(1, $1::bigint) AS n, LATERAL (SELECT timestamptz '2026-10-31T15:00:00Z' + n * (interval '23 hours' / $1) AS at) AS made`,
    values: [size],
  });
  await database.execute(`
    INSERT INTO payments.payment (id, order_id, payment_number, method, amount_minor, status, created_at, ended_at)
    SELECT id, id, 'P-' || id, 'card', amount_minor, 'SUCCESS', created_at, ended_at FROM payments.orders`);
  await database.execute('VACUUM ANALYZE payments.orders, payments.payment');
}

async function requireWhole(database: PostgresDatabase, file: string, size: number): Promise<void> {
  const [row] = await database.query<{ orders: bigint }>('SELECT sum(orders)::bigint AS orders FROM payments.daily_order_stats');
  let lines = -1;
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) lines += bytes.filter((byte) => byte === 10).length;
  if (row?.orders !== BigInt(size) || lines !== size)
    throw new Error(`The report has ${row?.orders} orders and ${lines} lines of ${size}.`);
}
