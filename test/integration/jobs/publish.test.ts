import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mapChunk } from '../../../operators/mapChunk.ts';
import type { Step } from '../../../operators/step.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { dead } from '../../../src/message/decision.ts';
import { WeirError } from '../../../src/errors.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { runSkipped } from '../../../src/runtime/jobs/runSkipped.ts';
import { until } from '../../support/until.ts';
import { copySpec, copyTables, fill, openPool, type CopyRow } from './copyJob.ts';
import { expireLeases, mortal } from './mortal.ts';

let database: PostgresDatabase;
let url: string;

beforeAll(async () => {
  ({ database, url } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 400);
});

const options = { isPublishing: true, buckets: 1, chunkSize: 20 };

function publishing(publish: (rows: readonly CopyRow[]) => Promise<void>): Step<CopyRow, CopyRow> {
  const send = async (rows: readonly CopyRow[]): Promise<readonly CopyRow[]> => {
    await publish(rows);
    return rows;
  };
  return mapChunk(send, { size: 20, maxWaitMs: 5 });
}

describe('a job that publishes after it has written', () => {
  it('lags behind its checkpoint, and a take-over publishes again exactly what lies between', async () => {
    const first = mortal(openPool(url));
    const published: bigint[] = [];
    const below = publishing(async (rows) => {
      if (published.length === 60) {
        // Until now everything has left; what is written from here on waits for a publish that never ends.
        await until('more is written than was published', async () => {
          const [row] = await database.query<{ isAhead: boolean }>(
            `SELECT published::integer = 118 AND checkpoint::integer >= 198 AS "isAhead" FROM weir.job_partition`,
          );
          return row?.isAhead;
        });
        first.kill();
        await new Promise(() => undefined);
      }
      published.push(...rows.map(({ id }) => id));
    });
    void runJob(copySpec(first.database, { clock: first.clock, options, hooks: { below } }));
    await until('it is dead', () => first.isDead());
    expect(published.at(-1)).toBe(118n);
    await expireLeases(database);

    const again: bigint[] = [];
    const second = copySpec(database, {
      holder: 'process b',
      options,
      hooks: {
        below: publishing((rows) => {
          again.push(...rows.map(({ id }) => id));
          return Promise.resolve();
        }),
      },
    });
    expect(await runJob(second)).toMatchObject({ how: 'completed' });
    expect([...published, ...again]).toEqual(Array.from({ length: 200 }, (_, index) => BigInt(2 * index)));
    expect(await database.query('SELECT count(*) FROM target_row')).toEqual([{ count: 200n }]);
    expect(await database.query('SELECT rows_read, rows_written, rows_published, checkpoint, published FROM weir.job_partition')).toEqual([
      { rows_read: 200n, rows_written: 200n, rows_published: 200n, checkpoint: '398', published: '398' },
    ]);
  });

  it('has written nothing above its checkpoint, though what it was given again was less than what was written', async () => {
    const first = mortal(openPool(url));
    const stuck = (): Promise<void> => new Promise(() => undefined);
    // It dies in the chunk that would write the first row behind the middle.
    const write = (rows: readonly CopyRow[]): void => {
      if (rows.some(({ id }) => id >= 200n)) first.kill();
    };
    void runJob(copySpec(first.database, { clock: first.clock, options, hooks: { write, below: publishing(stuck) } }));
    const standing = async (): Promise<{ checkpoint: number; written: number; read: number } | undefined> => {
      const [row] = await database.query<{ checkpoint: number; written: number; read: number }>(`
        SELECT checkpoint::integer, (SELECT max(id)::integer FROM target_row) AS written, rows_read::integer AS read
        FROM weir.job_partition WHERE checkpoint IS NOT NULL`);
      return row;
    };
    const isAt = (id: number) => async (): Promise<boolean> => ((await standing())?.checkpoint ?? 0) >= id;
    await until('it is dead', () => first.isDead());
    await expireLeases(database);
    const { checkpoint = 0 } = (await standing()) ?? {};

    // Somebody else has ended half of these rows meanwhile.
    await database.execute({ text: 'UPDATE source_row SET has_moved_on = id % 4 = 0 WHERE id <= $1', values: [checkpoint] });
    const second = mortal(openPool(url));
    const again: bigint[] = [];
    const below = publishing(async (rows) => {
      if (again.length >= checkpoint / 4) await stuck();
      again.push(...rows.map(({ id }) => id));
    });
    void runJob(copySpec(second.database, { clock: second.clock, holder: 'process b', options, hooks: { below } }));
    await until('more is written', isAt(checkpoint + 100));
    second.kill();
    await until('it is dead', () => second.isDead());
    const after = await standing();
    expect(after?.checkpoint).toBe(after?.written);
    expect(after?.read).toBe((after?.written ?? 0) / 2 + 1);
    await expireLeases(database);

    const rest: bigint[] = [];
    const third = publishing((rows) => {
      rest.push(...rows.map(({ id }) => id));
      return Promise.resolve();
    });
    expect(await runJob(copySpec(database, { holder: 'process c', options, hooks: { below: third } }))).toMatchObject({ how: 'completed' });
    const wanted = Array.from({ length: 200 }, (_, index) => BigInt(2 * index)).filter((id) => id > BigInt(checkpoint) || id % 4n !== 0n);
    expect(new Set([...again, ...rest])).toEqual(new Set(wanted));
  });

  it('backs off, longer each time, and fails the run after so many failures in a row when nothing can be published', async () => {
    const before: number[] = [];
    const below = publishing(async () => {
      const [row] = await database.query<{ failures: number }>('SELECT failures FROM weir.job_partition');
      before.push(row?.failures ?? -1);
      throw new WeirError('refused', 'Redis refuses a command: NOPERM', { kind: 'transient' });
    });
    const end = await runJob(copySpec(database, { options, hooks: { below }, settings: { maxFailures: 4 } }));
    expect(end).toMatchObject({ how: 'failed', failure: { code: 'refused' } });
    expect(before).toEqual([0, 1, 2, 3]);
  });

  it('forgets failures once something was published', async () => {
    let calls = 0;
    const below = publishing(() => {
      calls += 1;
      return calls % 3 === 0 ? Promise.resolve() : Promise.reject(new WeirError('unavailable', 'Redis restarts'));
    });
    const spec = copySpec(database, { options: { ...options, chunkSize: 50 }, hooks: { below }, settings: { maxFailures: 3 } });
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
    expect(await database.query('SELECT rows_published FROM weir.job_partition')).toEqual([{ rows_published: 200n }]);
  });

  it('puts aside what cannot be published, with that stage, and publishes it after mending', async () => {
    let isMended = false;
    const send = (rows: readonly CopyRow[]): Promise<readonly (CopyRow | ReturnType<typeof dead>)[]> =>
      Promise.resolve(rows.map((row) => (row.id === 100n && !isMended ? dead(new WeirError('oversize', 'the bill is too large')) : row)));
    const below: Step<CopyRow, CopyRow> = mapChunk(send, { size: 20, maxWaitMs: 5 });
    const spec = copySpec(database, { options, hooks: { below } });
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
    expect(await database.query('SELECT position, stage, code FROM weir.job_skip')).toEqual([
      { position: '100', stage: 'send', code: 'oversize' },
    ]);
    expect(await runSkipped(spec)).toEqual({ resolved: 0, remaining: 1 });
    isMended = true;
    expect(await runSkipped(spec)).toEqual({ resolved: 1, remaining: 0 });
    expect(await database.query('SELECT count(*), count(DISTINCT id) AS ids FROM target_row')).toEqual([{ count: 200n, ids: 200n }]);
    expect(await database.query('SELECT skipped FROM weir.job_run')).toEqual([{ skipped: 0n }]);
  });
});
