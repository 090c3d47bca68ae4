import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { codeOf } from '../../../src/errors.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { claimPartitions } from '../../../src/runtime/jobs/partitionClaim.ts';
import { advancePartition } from '../../../src/runtime/jobs/partitionWrites.ts';
import { openRun } from '../../../src/runtime/jobs/openRun.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { silent } from '../../support/aSpec.ts';
import { until } from '../../support/until.ts';
import { copySpec, copyTables, fill, flaws, openPool } from './copyJob.ts';
import { expireLeases, mortal, type Moment } from './mortal.ts';

let database: PostgresDatabase;
let url: string;

beforeAll(async () => {
  ({ database, url } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 400);
});

const quick = { leaseMs: 600, heartbeatMs: 100, pollMs: 20 };

describe('a holder that stands still', () => {
  it('is taken over, and what it writes afterwards is fenced by the row', async () => {
    let commits = 0;
    let isStill = false;
    const still = mortal(openPool(url), (moment) => {
      if (moment === 'afterCommit') commits += 1;
      // After the run was opened and planned, and two chunks.
      if (commits < 4 || isStill) return false;
      isStill = true;
      still.freeze();
      return false;
    });
    const options = { buckets: 1, chunkSize: 20 };
    const first = runJob(copySpec(still.database, { clock: still.clock, holder: 'process a', options, settings: quick }));
    await until('it stands', () => isStill);
    expect(await runJob(copySpec(database, { holder: 'process b', options, settings: quick }))).toMatchObject({ how: 'completed' });
    // It goes on with its next chunk, by its own clock well within its lease.
    still.thaw();
    expect(await first).toMatchObject({ how: 'completed' });
    expect(await database.query('SELECT count(*), count(DISTINCT id) AS ids FROM target_row')).toEqual([{ count: 200n, ids: 200n }]);
  });

  it('is ended by the server inside its transaction before its lease is over', async () => {
    let isHeld = false;
    const release = Promise.withResolvers<undefined>();
    const said: string[] = [];
    const say = (sentence: string): void => void said.push(sentence);
    const first = runJob(
      copySpec(openPool(url, { idleInTransactionLimitMs: 60_000 }), {
        holder: 'process a',
        log: { ...silent, info: say, warn: say },
        settings: { ...quick, partitions: 1 },
        options: { buckets: 1 },
        // Its clock stands: nothing in this process would notice.
        clock: { ...virtualClock(new Date(0)), after: (ms, work) => (ms > 50 ? () => undefined : (setTimeout(work, ms), () => undefined)) },
        hooks: {
          write: () => {
            isHeld = true;
            return release.promise.then(() => undefined);
          },
        },
      }),
    );
    await until('it is in its transaction', () => isHeld);
    const second = await runJob(copySpec(database, { holder: 'process b', settings: quick, options: { buckets: 1 } }));
    expect(second).toMatchObject({ how: 'completed' });
    release.resolve(undefined);
    expect(await first).toMatchObject({ how: 'completed' });
    // Its transaction was ended, which says nothing about the rows: they are somebody else's now.
    expect(said).toEqual(['partition was taken over by another process: nothing was written here']);
    expect(await database.query('SELECT id FROM target_row GROUP BY id HAVING count(*) > 1')).toEqual([]);
    expect(await database.query('SELECT count(*) FROM target_row')).toEqual([{ count: 200n }]);
  });

  it('keeps its partition while its chunk is being written, whatever its lease says: a look at the token alone would not', async () => {
    const planned = new AbortController();
    await runJob(copySpec(database, { draining: planned.signal, hooks: { page: () => planned.abort() }, options: { buckets: 1 } }));
    const runId = await openRun(database, { job: 'test.copy', key: '2026-11', planVersion: 2 });
    const request = { runId, planVersion: 2, leaseMs: 1, count: 1 };
    const [claim] = await claimPartitions(database, { ...request, holder: 'process a' });
    if (claim === undefined) throw new Error('nothing was claimed');
    const progress = { published: undefined, rowsRead: 1, rowsWritten: 1, rowsPublished: 0, rowsPerSecond: 0 };
    await database.withTransaction(async (transaction) => {
      expect(await advancePartition(transaction, claim, claim.chunks, { ...progress, checkpoint: '0' }, 1)).toBe(true);
      await until('its lease is over', async () => {
        const [row] = await database.query<{ isOver: boolean }>({
          text: 'SELECT lease_until < clock_timestamp() AS "isOver" FROM weir.job_partition WHERE run_id = $1',
          values: [runId],
        });
        return row?.isOver;
      });
      expect(await claimPartitions(database, { ...request, holder: 'process b' })).toEqual([]);
    });
    const [taken] = await until('it is over', async () => {
      const claims = await claimPartitions(database, { ...request, holder: 'process b' });
      return claims.length > 0 ? claims : undefined;
    });
    expect(taken).toMatchObject({ holder: 'process b', checkpoint: '0', chunks: claim.chunks + 1n });
    await database.withTransaction(async (transaction) => {
      expect(await advancePartition(transaction, claim, claim.chunks + 1n, { ...progress, checkpoint: '2' }, 1)).toBe(false);
    });
  });
});

describe('processes that die at random moments', () => {
  const moments: readonly Moment[] = ['statement', 'beforeCommit', 'afterCommit'];

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('copy every row exactly once (seed %i)', async (seed) => {
    const chance = virtualClock(new Date(0), seed + 1);
    const pool = openPool(url);
    let deaths = 0;
    for (;;) {
      let left = Math.floor(chance.random() * 25);
      const at = moments[Math.floor(chance.random() * moments.length)];
      const mayDie = deaths < 8;
      const process = mortal(pool, (moment) => mayDie && moment === at && left-- <= 0);
      let hasEnded = false;
      const work = runJob(
        copySpec(process.database, {
          clock: process.clock,
          holder: `process ${deaths}`,
          options: { chunkSize: 1 + Math.floor(chance.random() * 60) },
        }),
      )
        // It had completed just before it died.
        .catch((error: unknown) => (codeOf(error) === 'alreadyCompleted' ? { how: 'completed' } : Promise.reject(error as Error)))
        .finally(() => (hasEnded = true));
      await until('it has ended or died', () => hasEnded || process.isDead());
      if (!process.isDead()) {
        expect(await work).toMatchObject({ how: 'completed' });
        break;
      }
      deaths += 1;
      await expireLeases(database);
    }
    expect(await flaws(database)).toEqual([]);
    expect(await database.query('SELECT sum(rows_written) AS written FROM weir.job_partition')).toEqual([{ written: '400' }]);
  });
});
