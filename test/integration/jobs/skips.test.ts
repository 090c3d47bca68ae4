import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mapEach } from '../../../operators/mapEach.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { WeirError } from '../../../src/errors.ts';
import { skip } from '../../../src/message/decision.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { runSkipped } from '../../../src/runtime/jobs/runSkipped.ts';
import { copySpec, copyTables, fill, flaws, openPool, type CopyRow } from './copyJob.ts';

let database: PostgresDatabase;
let url: string;

beforeAll(async () => {
  ({ database, url } = await copyTables(0));
});

beforeEach(async () => {
  await fill(database, 1_000);
});

function spoil(...ids: readonly number[]): Promise<number> {
  return database.execute({ text: 'UPDATE source_row SET amount = -amount WHERE id = ANY ($1::bigint[])', values: [ids] });
}

function mend(...ids: readonly number[]): Promise<number> {
  return database.execute({ text: 'UPDATE source_row SET amount = abs(amount) WHERE id = ANY ($1::bigint[])', values: [ids] });
}

const skipsOf = (): Promise<readonly object[]> =>
  database.query('SELECT partition, position, stage, code, resolved_at IS NOT NULL AS resolved FROM weir.job_skip ORDER BY id');

describe('a row that cannot be written', () => {
  it('is put aside alone among a thousand', async () => {
    await spoil(346);
    let calls = 0;
    const hooks = {
      write: () => {
        calls += 1;
      },
    };
    const end = await runJob(copySpec(database, { hooks, options: { chunkSize: 500 }, settings: { pageSize: 500, window: 1_000 } }));
    expect(end).toMatchObject({ how: 'completed' });
    expect(await skipsOf()).toEqual([{ partition: 'bucket 0', position: '346', stage: 'copy', code: 'constraint', resolved: false }]);
    expect(await flaws(database)).toEqual([]);
    expect(await database.query('SELECT skipped FROM weir.job_run')).toEqual([{ skipped: 1n }]);
    expect(await database.query('SELECT rows_read, rows_written, rows_skipped FROM weir.job_partition ORDER BY ordinal')).toEqual([
      { rows_read: 500n, rows_written: 499n, rows_skipped: 1n },
      { rows_read: 500n, rows_written: 500n, rows_skipped: 0n },
    ]);
    // One call for each chunk, and two for each time that the chunk with the bad row was halved.
    expect(calls).toBeLessThanOrEqual(2 + 2 * 9);
  });

  it('is put aside at the ends of a chunk and beside another one', async () => {
    await spoil(0, 98, 100, 102, 998);
    expect(await runJob(copySpec(database))).toMatchObject({ how: 'completed' });
    expect(await database.query('SELECT position FROM weir.job_skip ORDER BY position::bigint')).toEqual(
      ['0', '98', '100', '102', '998'].map((position) => ({ position })),
    );
    expect(await flaws(database)).toEqual([]);
  });

  it('fails the run when there are more than the job allows, and the run goes on after mending', async () => {
    await spoil(10, 20, 30, 40, 50);
    const spec = copySpec(database, { options: { skipLimit: 2, buckets: 1 } });
    expect(await runJob(spec)).toMatchObject({ how: 'failed', failure: { code: 'skipLimit' } });
    expect(await database.query('SELECT status, skipped FROM weir.job_run')).toEqual([{ status: 'FAILED', skipped: 2n }]);
    const [before] = await database.query<{ checkpoint: string }>('SELECT checkpoint FROM weir.job_partition');
    expect(Number(before?.checkpoint)).toBeLessThan(30);
    await mend(10, 20, 30, 40, 50);
    expect(await runJob(spec)).toMatchObject({ how: 'completed' });
    expect(await database.query('SELECT status, skipped FROM weir.job_run')).toEqual([{ status: 'COMPLETED', skipped: 2n }]);
  });

  it('is written once, when it is mended, by two people who process what was skipped at the same time', async () => {
    await spoil(10, 11, 12, 500);
    await runJob(copySpec(database));
    await mend(10, 11, 12);
    const ends = await Promise.allSettled([runSkipped(copySpec(database)), runSkipped(copySpec(openPool(url)))]);
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await runSkipped(copySpec(database))).toEqual({ resolved: 0, remaining: 1 });
    expect(await flaws(database)).toEqual([]);
    expect(await database.query('SELECT position FROM weir.job_skip WHERE resolved_at IS NULL')).toEqual([{ position: '500' }]);
    expect(await database.query('SELECT skipped FROM weir.job_run')).toEqual([{ skipped: 1n }]);
  });

  it('stays skipped when it is gone', async () => {
    await spoil(10, 12);
    await runJob(copySpec(database));
    await mend(10, 12);
    await database.execute('DELETE FROM source_row WHERE id = 10');
    expect(await runSkipped(copySpec(database, { settings: { pageSize: 1 } }))).toEqual({ resolved: 1, remaining: 1 });
  });
});

describe('a row that is decided above the write', () => {
  it('is put aside with its stage in the chunk that passes it', async () => {
    const judge = ({ id, ...rest }: CopyRow): CopyRow => {
      if (id % 300n === 0n) throw new WeirError('refused', `row ${id} is refused`);
      return { id, ...rest };
    };
    const hooks = { above: mapEach(judge) };
    expect(await runJob(copySpec(database, { hooks }))).toEqual({ runId: expect.anything() as bigint, how: 'completed' });
    expect(await database.query('SELECT position, stage, code FROM weir.job_skip ORDER BY position::bigint')).toEqual(
      ['0', '300', '600', '900'].map((position) => ({ position, stage: 'judge', code: 'refused' })),
    );
    expect(await flaws(database)).toEqual([]);
  });

  it('advances the checkpoint although nothing is written', async () => {
    let calls = 0;
    const leaveOut = (): ReturnType<typeof skip> => skip('not ours');
    const write = (): void => {
      calls += 1;
    };
    expect(await runJob(copySpec(database, { hooks: { above: mapEach<CopyRow, CopyRow>(leaveOut), write } }))).toMatchObject({
      how: 'completed',
    });
    expect(calls).toBe(0);
    expect(
      await database.query('SELECT checkpoint, rows_read, rows_written, rows_skipped FROM weir.job_partition ORDER BY ordinal'),
    ).toEqual([
      { checkpoint: '998', rows_read: 500n, rows_written: 0n, rows_skipped: 0n },
      { checkpoint: '999', rows_read: 500n, rows_written: 0n, rows_skipped: 0n },
    ]);
  });
});
