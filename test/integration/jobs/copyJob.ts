import type { Observable } from 'rxjs';
import type { Step } from '../../../operators/step.ts';
import type { Database, Transaction } from '../../../src/connectors/database.ts';
import type { DatabaseOptions } from '../../../src/connectors/postgres/databaseOptions.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { WeirError } from '../../../src/errors.ts';
import type { Message } from '../../../src/message/message.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { defineJob, type Job, type JobPartition, type Preview } from '../../../src/runtime/jobs/job.ts';
import type { JobSettings, JobSpec } from '../../../src/runtime/jobs/jobSpec.ts';
import { writeChunk } from '../../../src/runtime/jobs/writeChunk.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aMigratedDatabase } from '../../support/services.ts';

/** A row that is copied from one table to the other, exactly once. */
export interface CopyRow {
  readonly id: bigint;
  readonly bucket: number;
  readonly amount: bigint;
}

/** Where a test changes what the job does. All of it is optional. */
export interface CopyHooks {
  plan?(): Promise<void> | void;
  /** Called in the chunk's transaction, before it writes. */
  write?(rows: readonly CopyRow[], partition: JobPartition<string>): Promise<void> | void;
  /** A stage above the write. */
  above?: Step<CopyRow, CopyRow>;
  /** A stage below the write. */
  below?: Step<CopyRow, CopyRow>;
  finish?(): Promise<void> | void;
  page?(): Promise<void> | void;
}

export interface CopyPorts {
  readonly database: Database;
  readonly hooks: CopyHooks;
}

export interface CopyOptions {
  readonly buckets: number;
  readonly chunkSize: number;
  readonly skipLimit: number;
  readonly isPublishing: boolean;
}

export const copyOptions: CopyOptions = { buckets: 2, chunkSize: 50, skipLimit: 10, isPublishing: false };

export type CopyJob = Job<CopyPorts, CopyOptions, string, CopyRow, CopyRow>;

function sums(): Preview<CopyRow> {
  let rows = 0;
  let amount = 0n;
  return {
    add: (values) => {
      for (const value of values) {
        rows += 1;
        amount += value.amount;
      }
    },
    summary: () => ({ rows, amount: amount.toString() }),
  };
}

function through<T>(step: Step<T, T> | undefined): Step<T, T> {
  return step ?? ((message$: Observable<Message<T>>) => message$);
}

/** Copies `source_row` to `target_row`, a partition for each bucket; the target has no key, so a row written twice is seen. */
export const copyJob: CopyJob = defineJob({
  name: 'test.copy',
  profile: 'test',
  planVersion: 2,
  options: { parse: (input: unknown): CopyOptions => ({ ...copyOptions, ...(input as Partial<CopyOptions>) }) },
  parseKey(text: string): string {
    if (!/^\d{4}-\d{2}$/.test(text)) throw new WeirError('invalidKey', `a month like 2026-11 was expected, not ${text}`);
    return text;
  },
  skipLimit: ({ skipLimit }) => skipLimit,
  async plan({ database, hooks }: CopyPorts, _key, { buckets }, { isDryRun }) {
    if (!isDryRun) await hooks.plan?.();
    const totals = await database.query<{ bucket: number; total: bigint }>(
      'SELECT bucket, count(*) AS total FROM source_row GROUP BY bucket',
    );
    return Array.from({ length: buckets }, (_, bucket) => ({
      name: `bucket ${bucket}`,
      input: bucket,
      total: Number(totals.find((row) => row.bucket === bucket)?.total ?? 0n),
    }));
  },
  rows: ({ database, hooks }, partition, { isPublishing }) => ({
    positionOf: ({ id }: CopyRow) => id.toString(),
    async page(after, limit) {
      await hooks.page?.();
      return database.query<CopyRow>({
        text: 'SELECT id, bucket, amount FROM source_row WHERE bucket = $1 AND id > $2 ORDER BY id LIMIT $3',
        values: [partition.input, after ?? '-1', limit],
      });
    },
    ...(isPublishing
      ? {
          again: (after: string | undefined, upTo: string, limit: number) =>
            database.query<CopyRow>({
              text: `SELECT id, bucket, amount FROM source_row
                WHERE bucket = $1 AND id > $2 AND id <= $3 AND NOT has_moved_on ORDER BY id LIMIT $4`,
              values: [partition.input, after ?? '-1', upTo, limit],
            }),
        }
      : {}),
    at: (positions) =>
      database.query<CopyRow>({
        text: 'SELECT id, bucket, amount FROM source_row WHERE bucket = $1 AND id = ANY ($2::bigint[])',
        values: [partition.input, positions],
      }),
  }),
  chain: (row$, { hooks }, { chunkSize, isPublishing }, partition) => {
    const copy = async (transaction: Transaction, rows: readonly CopyRow[]): Promise<void> => {
      await hooks.write?.(rows, partition);
      await transaction.execute({
        text: `
          INSERT INTO target_row (id, amount) SELECT row.id, row.amount FROM unnest($1::bigint[], $2::bigint[]) AS row (id, amount)
          WHERE NOT $3 OR NOT EXISTS (SELECT FROM target_row t WHERE t.id = row.id)`,
        values: [rows.map(({ id }) => id), rows.map(({ amount }) => amount), isPublishing],
      });
    };
    return row$.pipe(through(hooks.above), writeChunk(partition, copy, { size: chunkSize, maxWaitMs: 20 }), through(hooks.below));
  },
  async finish({ hooks }) {
    await hooks.finish?.();
  },
  preview: sums,
});

/** Short leases, so that a take-over is waited for in tests without making them long. */
export const copySettings: JobSettings = {
  partitions: 2,
  leaseMs: 3_000,
  heartbeatMs: 300,
  pollMs: 50,
  pageSize: 100,
  window: 200,
  maxSpan: 2_000,
  restart: { firstMs: 5, maxMs: 20 },
  maxFailures: 3,
  stopTimeoutMs: 2_000,
};

/** A database with `count` rows to copy, dealt to two buckets in turn; amounts are positive, as the target demands. */
export async function copyTables(count: number): Promise<{ readonly database: PostgresDatabase; readonly url: string }> {
  const url = await aMigratedDatabase();
  const database = openPool(url);
  await database.execute(
    'CREATE TABLE source_row (id bigint PRIMARY KEY, bucket integer NOT NULL, amount bigint NOT NULL, has_moved_on boolean NOT NULL DEFAULT false)',
  );
  await database.execute('CREATE TABLE target_row (id bigint NOT NULL, amount bigint NOT NULL CHECK (amount > 0))');
  await fill(database, count);
  return { database, url };
}

/** Another pool, as another process has it. */
export function openPool(url: string, options: Partial<DatabaseOptions> = {}): PostgresDatabase {
  const database = openDatabase({ url, clock: realClock, maxConnections: 6, ...options });
  atTheEnd(() => database.close());
  return database;
}

/** Replaces the rows by `count` new ones and forgets what was copied, and all runs. */
export async function fill(database: Database, count: number): Promise<void> {
  await database.execute('TRUNCATE source_row, target_row, weir.job_run CASCADE');
  await database.execute({
    text: 'INSERT INTO source_row (id, bucket, amount) SELECT n, n % 2, n + 1 FROM generate_series(0, $1::integer - 1) AS n',
    values: [count],
  });
}

export type CopySpec = JobSpec<CopyPorts, CopyOptions, string, CopyRow, CopyRow>;

/** A spec of the copy job with defaults. */
export function copySpec(
  database: Database,
  over: Partial<Omit<CopySpec, 'options' | 'settings'>> & {
    readonly hooks?: CopyHooks;
    readonly options?: Partial<CopyOptions>;
    readonly settings?: Partial<JobSettings>;
  } = {},
): CopySpec {
  const { hooks = {}, options, settings, ...rest } = over;
  return {
    job: copyJob,
    ports: { database, hooks },
    options: { ...copyOptions, ...options },
    key: '2026-11',
    database,
    clock: realClock,
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    log: silent,
    holder: 'process a',
    parts: new Set(),
    settings: { ...copySettings, ...settings },
    draining: new AbortController().signal,
    signal: new AbortController().signal,
    ...rest,
  };
}

/** Rows that are missing in the target, or there more than once, beside those that are skipped. */
export async function flaws(database: Database): Promise<readonly string[]> {
  const rows = await database.query<{ flaw: string }>(`
    SELECT 'missing ' || id AS flaw FROM source_row s
    WHERE NOT EXISTS (SELECT FROM target_row t WHERE t.id = s.id)
      AND NOT EXISTS (SELECT FROM weir.job_skip k WHERE k.position = s.id::text AND k.resolved_at IS NULL)
    UNION ALL
    SELECT 'copied ' || count(*) || ' times: ' || id FROM target_row GROUP BY id HAVING count(*) > 1
    UNION ALL
    SELECT 'from nowhere: ' || id FROM target_row t WHERE NOT EXISTS (SELECT FROM source_row s WHERE s.id = t.id)`);
  return rows.map(({ flaw }) => flaw);
}
