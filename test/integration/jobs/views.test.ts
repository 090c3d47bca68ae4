import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { dryRun } from '../../../src/runtime/jobs/dryRun.ts';
import { listRuns } from '../../../src/runtime/jobs/listRuns.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { showRun, type RunView } from '../../../src/runtime/jobs/showRun.ts';
import { copyJob, copySpec, copyTables, fill } from './copyJob.ts';

let database: PostgresDatabase;

beforeAll(async () => {
  ({ database } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 400);
});

describe('dryRun', () => {
  it('adds up what would be written and writes nothing', async () => {
    expect(await dryRun(copySpec(database))).toMatchObject({ rows: 400, dead: 0, skips: [], summary: { rows: 400, amount: '80200' } });
    expect(await database.query('SELECT FROM weir.job_run')).toEqual([]);
    expect(await database.query('SELECT FROM target_row')).toEqual([]);
  });

  it('is refused where a job has no preview', async () => {
    const job = { ...copyJob };
    delete job.preview;
    await expect(dryRun(copySpec(database, { job }))).rejects.toMatchObject({ code: 'invalidOption' });
  });
});

describe('showRun', () => {
  it('shows progress, rate, expected end and skips while the job runs', async () => {
    await database.execute('UPDATE source_row SET amount = 0 WHERE id = 0');
    const views: RunView[] = [];
    const look = async (_rows: unknown, { runId }: { readonly runId: bigint }): Promise<void> => {
      views.push(await showRun(database, runId));
    };
    const settings = { partitions: 1, pageSize: 10, window: 20 };
    await runJob(copySpec(database, { hooks: { write: look }, options: { chunkSize: 10 }, settings }));
    const late = views.at(-1);
    expect(late).toMatchObject({ job: 'test.copy', key: '2026-11', status: 'OPEN', total: 400n, skipped: 1n, partitions: 2, completed: 1 });
    expect(late?.partitionViews.map(({ state, holder, total }) => ({ state, holder, total }))).toEqual([
      { state: 'completed', holder: null, total: 200n },
      { state: 'running', holder: 'process a', total: 200n },
    ]);
    expect(late?.partitionViews[1]?.rowsPerSecond).toBeGreaterThan(0);
    expect(late?.partitionViews[1]?.etaSeconds).toBeGreaterThan(0);
    expect(late?.skips).toMatchObject([{ partition: 'bucket 0', position: '0', stage: 'copy', code: 'constraint', resolvedAt: null }]);
    expect(await listRuns(database)).toMatchObject([{ status: 'COMPLETED', rowsRead: 400n, rowsPerSecond: 0, skipped: 1n }]);
    expect(await listRuns(database, { isUnfinished: true })).toEqual([]);
    expect(await listRuns(database, { jobs: ['another'] })).toEqual([]);
  });

  it('says that there is no such run', async () => {
    await expect(showRun(database, 0n)).rejects.toMatchObject({ code: 'notFound' });
  });
});
