import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/connectors/database.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { WeirError } from '../../../src/errors.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { copySpec, copyTables, fill, flaws, openPool } from './copyJob.ts';

let database: PostgresDatabase;
let url: string;

beforeAll(async () => {
  ({ database, url } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 400);
});

/** A database that, once begun, tells nothing about a part of its transactions, whether they were committed or not. */
function hardOfHearing(inner: Database, seed: number): Database & { lost(): number; begin(): void } {
  const chance = virtualClock(new Date(0), seed);
  let lost = 0;
  let hasBegun = false;
  const unheard = (): WeirError => {
    lost += 1;
    return new WeirError('outcomeUnknown', 'the connection was lost in COMMIT');
  };
  return {
    query: (statement) => inner.query(statement),
    execute: (statement) => inner.execute(statement),
    listen: (channel, wake) => inner.listen(channel, wake),
    close: () => inner.close(),
    lost: () => lost,
    begin: () => {
      hasBegun = true;
    },
    async withTransaction(work, options) {
      const fate = hasBegun ? chance.random() : 0.5;
      const value = await inner.withTransaction(async (transaction) => {
        const result = await work(transaction);
        if (fate < 0.15) throw unheard();
        return result;
      }, options);
      if (fate > 0.7) throw unheard();
      return value;
    },
  };
}

describe('a COMMIT of which nobody heard', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('neither loses nor doubles rows (seed %i)', async (seed) => {
    const deaf = hardOfHearing(database, seed);
    const settings = { maxFailures: 20, leaseMs: 300, heartbeatMs: 50 };
    const end = await runJob(copySpec(deaf, { options: { chunkSize: 20 }, settings, hooks: { plan: () => deaf.begin() } }));
    expect(end).toMatchObject({ how: 'completed' });
    expect(deaf.lost()).toBeGreaterThan(3);
    expect(await flaws(database)).toEqual([]);
    expect(await database.query('SELECT sum(rows_written)::integer AS written FROM weir.job_partition')).toEqual([{ written: 400 }]);
  });

  it.each([
    ['cutAfter', 0],
    ['cutBefore', 1],
  ] as const)('is settled by the row of the partition when the connection is lost (%s)', async (how, repeated) => {
    const target = new URL(url);
    const proxy = await TcpProxy.start({ port: Number(target.port) });
    atTheEnd(() => proxy.close());
    target.port = String(proxy.port);
    const writes: number[] = [];
    let hasStruck = Promise.resolve();
    const hooks = {
      write: (rows: readonly unknown[]) => {
        writes.push(rows.length);
        if (writes.length === 2) hasStruck = proxy.strike('COMMIT', how);
      },
    };
    const spec = copySpec(openPool(target.href), { hooks, options: { buckets: 1, chunkSize: 50 } });
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
    await hasStruck;
    expect(writes).toHaveLength(4 + repeated);
    expect(await database.query('SELECT count(*), count(DISTINCT id) AS ids FROM target_row')).toEqual([{ count: 200n, ids: 200n }]);
  });

  it('is not undone by its holder when nobody can be asked either', async () => {
    let commits = 0;
    let refusals = 0;
    const cutOff: Database = {
      execute: (statement) => database.execute(statement),
      listen: (channel, wake) => database.listen(channel, wake),
      close: () => database.close(),
      query: (statement) => {
        if (commits !== 2 || refusals === 1) return database.query(statement);
        refusals += 1;
        return Promise.reject(new WeirError('unavailable', 'every connection is lost'));
      },
      async withTransaction(work, options) {
        const isChunk = options?.timeLimitMs !== undefined;
        const value = await database.withTransaction(work, options);
        if (isChunk) commits += 1;
        if (isChunk && commits === 2) throw new WeirError('outcomeUnknown', 'the connection was lost in COMMIT');
        return value;
      },
    };
    const settings = { leaseMs: 300, heartbeatMs: 50, partitions: 1 };
    expect(await runJob(copySpec(cutOff, { settings, options: { buckets: 1 } }))).toMatchObject({ how: 'completed' });
    expect(refusals).toBe(1);
    expect(await database.query('SELECT count(*), count(DISTINCT id) AS ids FROM target_row')).toEqual([{ count: 200n, ids: 200n }]);
    expect(await database.query('SELECT rows_written FROM weir.job_partition')).toEqual([{ rows_written: 200n }]);
  });
});
