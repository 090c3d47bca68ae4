import { beforeAll, describe, expect, it } from 'vitest';
import { forgetRuns } from '../../../src/runtime/schedules/forgetRuns.ts';
import { aLedger, aSchedule, type Ledger } from './aLedger.ts';

let ledger: Ledger;
const frequent = aSchedule({ name: 'test.frequent', job: 'test.frequent', cron: '0 * * * *', isForgettable: true });
const going = new AbortController().signal;

beforeAll(async () => {
  ledger = await aLedger();
});

/** Makes everything that there is so many days older, as the database's clock reckons. */
async function age(days: number): Promise<void> {
  const older = (column: string): string => `${column} = ${column} - ${days} * interval '1 day'`;
  await ledger.database.execute(`UPDATE weir.job_run SET ${older('finished_at')}`);
  await ledger.database.execute(`UPDATE weir.schedule_fire SET ${older('decided_at')}`);
}

describe('forgetRuns', () => {
  it('deletes ended runs and fires of schedules that may be forgotten, when they are old, and nothing else', async () => {
    const kept = aSchedule();
    for (const schedule of [frequent, kept]) {
      await ledger.look(schedule, '2026-11-01T23:30');
      await ledger.look(schedule, '2026-11-02T00:00');
    }
    await ledger.end('COMPLETED');
    // An ended run with a row that is put aside and not resolved, one that failed, one that is open, and a fire without a run.
    await ledger.look(frequent, '2026-11-02T01:00');
    await ledger.end('COMPLETED');
    await ledger.database.execute(`UPDATE weir.job_run SET skipped = 1 WHERE key = '2026-11-02T01:00'`);
    await ledger.look(frequent, '2026-11-02T02:00');
    await ledger.end('FAILED');
    await ledger.look(frequent, '2026-11-02T03:00');
    await ledger.look(frequent, '2026-11-02T04:00', { wanted: { cron: frequent.cron, zone: frequent.zone, isEnabled: false } });
    await age(30);
    await ledger.look(frequent, '2026-11-02T05:00');
    const before = await ledger.fires('test.frequent');

    await forgetRuns(ledger.database, [frequent], 31, going);
    expect(await ledger.fires('test.frequent')).toEqual(before);
    await forgetRuns(ledger.database, [frequent], 29, AbortSignal.abort());
    expect(await ledger.fires('test.frequent')).toEqual(before);

    await forgetRuns(ledger.database, [frequent], 29, going);
    expect(before).toHaveLength(6);
    expect(await ledger.fires('test.frequent')).toEqual([
      '11-02 01:00 STARTED 2026-11-02T01:00',
      '11-02 03:00 STARTED 2026-11-02T03:00',
      '11-02 05:00 SKIPPED',
    ]);
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
  });

  it('fires none of what was forgotten again', async () => {
    const { fires } = await ledger.look(frequent, '2026-11-02T05:30', { wanted: undefined });
    expect(fires).toEqual([]);
  });

  it('deletes thousands in small statements', async () => {
    const many = `
      INSERT INTO weir.job_run (job, key, plan_version, status, planned_at, finished_at)
      SELECT 'test.frequent', 'old ' || n, 1, 'COMPLETED', now(), now() - interval '100 days' FROM generate_series(1, 1200) n`;
    await ledger.database.execute(many);
    const deleted: number[] = [];
    const counting = {
      ...ledger.database,
      execute: async (statement: Parameters<typeof ledger.database.execute>[0]) => {
        const rows = await ledger.database.execute(statement);
        deleted.push(rows);
        return rows;
      },
    };
    await forgetRuns(counting, [frequent], 90, going);
    expect(deleted).toEqual([500, 500, 200, 0]);
  });
});
