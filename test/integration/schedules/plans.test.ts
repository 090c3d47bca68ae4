import { beforeAll, describe, expect, it } from 'vitest';
import { unsettledRuns } from '../../../src/runtime/jobs/unsettledRuns.ts';
import { listSchedules } from '../../../src/runtime/schedules/listSchedules.ts';
import { missedFires } from '../../../src/runtime/schedules/missedFires.ts';
import type { Queryable, Statement } from '../../../src/connectors/database.ts';
import { asked, rowsTouchedBy } from '../../support/rowsTouched.ts';
import { aLedger, aSchedule, patternOf, seoul, type Ledger } from './aLedger.ts';

const schedules = ['a', 'b', 'c'].map((name) => aSchedule({ name, job: name }));
const runs = 6_000;
let ledger: Ledger;

// Some years of a sweep every few minutes.
beforeAll(async () => {
  ledger = await aLedger();
  const { database } = ledger;
  for (const schedule of schedules) await ledger.look(schedule, '2026-11-01T12:00');
  for (const { name } of schedules) {
    await database.execute({
      text: `
        WITH run AS (
          INSERT INTO weir.job_run (job, key, plan_version, status, planned_at, finished_at)
          SELECT $1, 'key ' || n, 1, 'COMPLETED', now(), now() FROM generate_series(1, $2::integer) AS n RETURNING id
        )
        INSERT INTO weir.schedule_fire (schedule, fire_at, state, run_id)
        SELECT $1, timestamptz '2020-01-01' + id * interval '1 minute', 'STARTED', id FROM run`,
      values: [name, runs],
    });
  }
  await database.execute(`
    INSERT INTO weir.schedule_fire (schedule, fire_at, state, reason) VALUES ('a', '2019-01-01', 'MISSED', 'x'), ('b', '2019-01-01', 'MISSED', 'x')`);
  await database.execute('VACUUM ANALYZE weir.schedule_fire');
  await database.execute('VACUUM ANALYZE weir.job_run');
});

describe('among very many fires and runs', () => {
  it('the last fire of each schedule is found by its own rows', async () => {
    const [, ofLastFires] = await allAsked((database) =>
      listSchedules(
        database,
        schedules.map((schedule) => ({ schedule, pattern: patternOf(schedule) })),
        seoul('2026-11-02T12:00'),
      ),
    );
    expect(ofLastFires?.text).toContain('weir.schedule_fire');
    expect(await rowsTouchedBy(ledger.database, ofLastFires ?? { text: '' })).toBeLessThan(50);
  });

  it('what was missed is found by its own rows', async () => {
    expect(await missedFires(ledger.database)).toEqual(
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    );
    expect(await rowsTouchedBy(ledger.database, await asked(missedFires))).toBeLessThan(20);
  });

  it('runs that wait for a person are found by their own rows', async () => {
    await ledger.database.execute(`UPDATE weir.job_run SET skipped = 7 WHERE key = 'key 3' AND job = 'a'`);
    await ledger.database.execute(`UPDATE weir.job_run SET status = 'FAILED', failure_code = 'x', failure = 'x' WHERE key = 'key 2'`);
    const jobs = schedules.map(({ name }) => ({ name, isEach: name !== 'c' }));
    const told = await unsettledRuns(ledger.database, jobs);
    expect(told.map(({ job, key, status, skipped }) => [job, key, status, skipped])).toEqual([
      ['a', 'key 2', 'FAILED', 0n],
      ['a', 'key 3', 'COMPLETED', 7n],
      ['b', 'key 2', 'FAILED', 0n],
    ]);
    expect(await rowsTouchedBy(ledger.database, await asked((database) => unsettledRuns(database, jobs)))).toBeLessThan(100);
  });
});

/** The statements that something asks of the ledger. */
async function allAsked(ask: (database: Queryable) => Promise<unknown>): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  await ask({
    ...ledger.database,
    query: (statement) => {
      statements.push(typeof statement === 'string' ? { text: statement } : statement);
      return ledger.database.query(statement);
    },
  });
  return statements;
}
