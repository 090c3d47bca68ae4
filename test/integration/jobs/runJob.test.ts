import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { copySpec, copyTables, fill, flaws, openPool } from './copyJob.ts';

let database: PostgresDatabase;
let url: string;

beforeAll(async () => {
  ({ database, url } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 1_000);
});

interface RunRow {
  readonly status: string;
  readonly skipped: bigint;
}

async function theRun(): Promise<RunRow | undefined> {
  const [run] = await database.query<RunRow>('SELECT status, skipped FROM weir.job_run');
  return run;
}

describe('runJob', () => {
  it('copies every row once and completes the run', async () => {
    expect(await runJob(copySpec(database))).toMatchObject({ how: 'completed' });
    expect(await flaws(database)).toEqual([]);
    expect(await theRun()).toEqual({ status: 'COMPLETED', skipped: 0n });
    const partitions = await database.query(
      'SELECT name, status, rows_read, rows_written, checkpoint, published FROM weir.job_partition ORDER BY ordinal',
    );
    expect(partitions).toEqual([
      { name: 'bucket 0', status: 'COMPLETED', rows_read: 500n, rows_written: 500n, checkpoint: '998', published: '998' },
      { name: 'bucket 1', status: 'COMPLETED', rows_read: 500n, rows_written: 500n, checkpoint: '999', published: '999' },
    ]);
  });

  it('refuses a key that has completed', async () => {
    await runJob(copySpec(database));
    await expect(runJob(copySpec(database))).rejects.toMatchObject({
      code: 'alreadyCompleted',
      message: expect.stringContaining('test.copy:2026-11 has completed') as string,
    });
  });

  it('refuses a key that is not one', async () => {
    await expect(runJob(copySpec(database, { key: 'november' }))).rejects.toMatchObject({ code: 'invalidKey' });
    expect(await theRun()).toBeUndefined();
  });

  it('shares the partitions of one run among processes, planned once', async () => {
    let plans = 0;
    const holders = new Set<string>();
    const both = Promise.withResolvers<undefined>();
    const spec = (holder: string): ReturnType<typeof copySpec> =>
      copySpec(openPool(url), {
        holder,
        options: { buckets: 2, chunkSize: 20 },
        // A lease that a busy machine does not let run out: who plans under one that ran out is relieved, and the plan made again.
        settings: { partitions: 1, leaseMs: 20_000, heartbeatMs: 1_000 },
        hooks: {
          plan: () => {
            plans += 1;
          },
          write: async (_rows, { runId, name }) => {
            const [row] = await database.query<{ lease_owner: string }>({
              text: 'SELECT lease_owner FROM weir.job_partition WHERE run_id = $1 AND name = $2',
              values: [runId, name],
            });
            holders.add(row?.lease_owner ?? '');
            // Whoever comes first may have copied everything before the other looks: so it waits for that one.
            if (holders.size === 2) both.resolve(undefined);
            await both.promise;
          },
        },
      });
    const ends = await Promise.all([runJob(spec('process a')), runJob(spec('process b'))]);
    expect(ends.map(({ how }) => how)).toEqual(['completed', 'completed']);
    expect(plans).toBe(1);
    expect([...holders].sort()).toEqual(['process a', 'process b']);
    expect(await flaws(database)).toEqual([]);
  });
});
