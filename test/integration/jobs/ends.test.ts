import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { WeirError } from '../../../src/errors.ts';
import { joinRun } from '../../../src/runtime/jobs/joinRun.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { stopRun } from '../../../src/runtime/jobs/runState.ts';
import { watchRuns } from '../../../src/runtime/jobs/watchRuns.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { silent } from '../../support/aSpec.ts';
import { until } from '../../support/until.ts';
import { copyJob, copySpec, copyTables, fill, flaws, openPool } from './copyJob.ts';
import { expireLeases, mortal } from './mortal.ts';

let database: PostgresDatabase;
let url: string;

beforeAll(async () => {
  ({ database, url } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 200);
});

const statusOf = async (): Promise<string | undefined> =>
  (await database.query<{ status: string }>('SELECT status FROM weir.job_run ORDER BY id'))[0]?.status;

describe('the plan of a run', () => {
  it('is made by another process when the first dies in it', async () => {
    const first = mortal(openPool(url));
    const hooks = { plan: () => first.kill() };
    void runJob(copySpec(first.database, { clock: first.clock, hooks }));
    await until('it is dead', () => first.isDead());
    expect(await statusOf()).toBe('PLANNING');
    await expireLeases(database);
    expect(await runJob(copySpec(database, { holder: 'process b' }))).toMatchObject({ how: 'completed' });
    expect(await flaws(database)).toEqual([]);
  });

  it('fails the run when it cannot be made, and is made when the run is tried again', async () => {
    let isMended = false;
    const hooks = {
      plan: () => {
        if (!isMended) throw new WeirError('notFound', 'there is no usage of that month');
      },
    };
    expect(await runJob(copySpec(database, { hooks }))).toMatchObject({
      how: 'failed',
      failure: { code: 'notFound', text: 'there is no usage of that month' },
    });
    isMended = true;
    expect(await runJob(copySpec(database, { hooks }))).toMatchObject({ how: 'completed' });
  });

  it('is not touched by an older process', async () => {
    const older = copySpec(database, { job: { ...copyJob, planVersion: 1 } });
    const draining = new AbortController();
    await runJob(copySpec(database, { draining: draining.signal, hooks: { page: () => draining.abort() } }));
    await expect(runJob(older)).rejects.toMatchObject({ code: 'newerVersion' });
    expect(await statusOf()).toBe('OPEN');
  });
});

describe('the finish of a run', () => {
  it.each([1, 2, 3, 4, 5])('is done once when its last two partitions end at the same moment (round %i)', async () => {
    const both = Promise.withResolvers<undefined>();
    let atTheEnd = 0;
    let finishes = 0;
    const spec = (holder: string): ReturnType<typeof copySpec> => {
      let pages = 0;
      return copySpec(openPool(url), {
        holder,
        settings: { partitions: 1 },
        hooks: {
          page: async () => {
            pages += 1;
            if (pages !== 2) return;
            atTheEnd += 1;
            if (atTheEnd === 2) both.resolve(undefined);
            await both.promise;
          },
          finish: () => {
            finishes += 1;
          },
        },
      });
    };
    const ends = await Promise.all([runJob(spec('process a')), runJob(spec('process b'))]);
    expect(ends.map(({ how }) => how)).toEqual(['completed', 'completed']);
    expect(finishes).toBe(1);
  });

  it('is done by another process when the first dies in it', async () => {
    const first = mortal(openPool(url));
    void runJob(copySpec(first.database, { clock: first.clock, hooks: { finish: () => first.kill() } }));
    await until('it is dead', () => first.isDead());
    await expireLeases(database);
    expect(await statusOf()).toBe('OPEN');
    expect(await runJob(copySpec(database, { holder: 'process b' }))).toMatchObject({ how: 'completed' });
  });

  it('fails a run whose result is not whole; run again, it reads everything once more', async () => {
    const options = { isPublishing: true };
    const finish = async (): Promise<void> => {
      if ((await flaws(database)).length > 0) throw new WeirError('incomplete', 'rows are missing');
    };
    // A row is added behind the reader.
    const write = async (): Promise<void> => {
      await database.execute('INSERT INTO source_row VALUES (-1, 0, 1) ON CONFLICT DO NOTHING');
    };
    expect(await runJob(copySpec(database, { options, hooks: { finish, write } }))).toMatchObject({
      how: 'failed',
      failure: { code: 'incomplete' },
    });
    await database.execute('UPDATE source_row SET id = 1000 WHERE id = -1');
    expect(await runJob(copySpec(database, { options, hooks: { finish } }))).toMatchObject({ how: 'completed' });
    expect(await flaws(database)).toEqual([]);
  });

  it('reads everything again in the same run when its result is not whole and may become it', async () => {
    const options = { isPublishing: true };
    let looks = 0;
    const finish = async (): Promise<void> => {
      looks += 1;
      // A row that was behind the reader comes before it.
      await database.execute('UPDATE source_row SET id = 1000 WHERE id = -1');
      if ((await flaws(database)).length > 0) throw new WeirError('incomplete', 'a row is missing', { kind: 'transient' });
    };
    let isAdded = false;
    const write = async (): Promise<void> => {
      if (!isAdded) await database.execute('INSERT INTO source_row VALUES (-1, 0, 1)');
      isAdded = true;
    };
    expect(await runJob(copySpec(database, { options, hooks: { finish, write } }))).toMatchObject({ how: 'completed' });
    expect(looks).toBe(2);
    expect(await flaws(database)).toEqual([]);
  });

  it('fails in the end when its result never becomes whole', async () => {
    const finish = (): Promise<void> => Promise.reject(new WeirError('incomplete', 'a row is missing', { kind: 'transient' }));
    expect(await runJob(copySpec(database, { hooks: { finish } }))).toMatchObject({ how: 'failed', failure: { code: 'incomplete' } });
  });
});

describe('a partition that fails', () => {
  it('is tried again behind its checkpoint when the failure may pass', async () => {
    let calls = 0;
    const write = (): void => {
      calls += 1;
      if (calls % 2 === 0) throw new WeirError('unavailable', 'the database restarts');
    };
    const options = { buckets: 1, chunkSize: 10 };
    expect(await runJob(copySpec(database, { hooks: { write }, options }))).toMatchObject({ how: 'completed' });
    expect(await database.query('SELECT count(*), count(DISTINCT id) AS ids FROM target_row')).toEqual([{ count: 100n, ids: 100n }]);
    expect(calls).toBe(10 + 9);
  });

  it('fails the run after so many failures in a row, with the last reason', async () => {
    let calls = 0;
    const write = (): void => {
      calls += 1;
      throw new WeirError('unavailable', 'the gateway is away');
    };
    expect(await runJob(copySpec(database, { hooks: { write }, options: { buckets: 1 } }))).toMatchObject({
      how: 'failed',
      failure: { code: 'unavailable', text: 'the gateway is away' },
    });
    expect(calls).toBe(3);
  });

  it('fails the run at once for a mistake in the program', async () => {
    let pages = 0;
    const page = (): void => {
      pages += 1;
      throw new TypeError('undefined is not a function');
    };
    const options = { buckets: 1 };
    expect(await runJob(copySpec(database, { hooks: { page }, options }))).toMatchObject({ how: 'failed', failure: { code: 'defect' } });
    expect(pages).toBe(1);
    expect(await runJob(copySpec(database, { options }))).toMatchObject({ how: 'completed' });
  });
});

describe('work on a run', () => {
  it('is handed back at once when the process drains, with what was read written', async () => {
    const draining = new AbortController();
    let written = 0;
    const write = (rows: readonly unknown[]): void => {
      written += rows.length;
      draining.abort();
    };
    const options = { chunkSize: 10 };
    const settings = { pageSize: 10, window: 20 };
    const end = await runJob(copySpec(database, { draining: draining.signal, hooks: { write }, options, settings }));
    expect(end).toMatchObject({ how: 'stopped' });
    expect(await database.query('SELECT DISTINCT status FROM weir.job_partition')).toEqual([{ status: 'WAITING' }]);
    expect(await database.query('SELECT sum(rows_read)::integer AS read FROM weir.job_partition')).toEqual([{ read: written }]);
    expect(await runJob(copySpec(database, { holder: 'process b' }))).toMatchObject({ how: 'completed' });
    expect(await flaws(database)).toEqual([]);
  });

  it('is cut by a forced stop and goes on elsewhere at once', async () => {
    const signal = new AbortController();
    const write = (): void => signal.abort();
    expect(await runJob(copySpec(database, { signal: signal.signal, hooks: { write } }))).toMatchObject({ how: 'stopped' });
    expect(await database.query('SELECT DISTINCT status FROM weir.job_partition')).toEqual([{ status: 'WAITING' }]);
    expect(await runJob(copySpec(database))).toMatchObject({ how: 'completed' });
    expect(await flaws(database)).toEqual([]);
  });

  it('ends when a person stops the run, and goes on when it is run again', async () => {
    let isStopped = false;
    const write = async (_rows: unknown, { runId }: { readonly runId: bigint }): Promise<void> => {
      isStopped ||= await stopRun(database, runId);
    };
    const options = { chunkSize: 5 };
    const settings = { pageSize: 5, window: 10, pollMs: 1 };
    expect(await runJob(copySpec(database, { hooks: { write }, options, settings }))).toMatchObject({ how: 'stopped' });
    expect(await statusOf()).toBe('STOPPED');
    expect(await runJob(copySpec(database, { options }))).toMatchObject({ how: 'completed' });
    expect(await flaws(database)).toEqual([]);
  });

  it('is found by a process that watches, whoever wrote the row of the run', async () => {
    await insertRun(database, { job: copyJob.name, key: '2026-11', planVersion: copyJob.planVersion });
    await insertRun(database, { job: copyJob.name, key: '2026-12', planVersion: copyJob.planVersion + 1 });
    const draining = new AbortController();
    const watch = watchRuns({
      database,
      clock: realClock,
      log: silent,
      jobs: new Map([[copyJob.name, copyJob]]),
      pollMs: 20,
      work: ({ id, key }) => joinRun(copySpec(database, { key, draining: draining.signal }), id),
      draining: draining.signal,
    });
    await until('it is completed', async () => (await statusOf()) === 'COMPLETED');
    draining.abort();
    await watch;
    expect(await database.query(`SELECT status FROM weir.job_run WHERE key = '2026-12'`)).toEqual([{ status: 'PLANNING' }]);
    expect(await flaws(database)).toEqual([]);
  });
});
