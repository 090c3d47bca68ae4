import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Statement } from '../../../src/connectors/database.ts';
import { fireSchedule } from '../../../src/runtime/schedules/fireSchedule.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { listSchedules } from '../../../src/runtime/schedules/listSchedules.ts';
import { pauseSchedule, resumeSchedule } from '../../../src/runtime/schedules/schedulePauses.ts';
import { swallowedFires } from '../../../src/runtime/schedules/swallowedFires.ts';
import { aLedger, aSchedule, patternOf, seoul, type Ledger } from './aLedger.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await aLedger();
});

beforeEach(async () => {
  await ledger.database.execute('TRUNCATE weir.schedule, weir.schedule_pause, weir.schedule_fire, weir.job_run, weir.audit CASCADE');
});

/** Makes a schedule known at an instant. */
async function seen(schedule = aSchedule(), at = '2026-11-01T12:00'): Promise<typeof schedule> {
  await ledger.look(schedule, at);
  return schedule;
}

describe('a schedule', () => {
  it('begins when it is first seen: it does not fire into the past', async () => {
    const look = await ledger.look(aSchedule(), '2026-11-01T12:00');
    expect(look).toEqual({ fires: [], left: 'nothing', change: undefined });
    const [row] = await ledger.database.query('SELECT first_seen_at, handled_until FROM weir.schedule');
    expect(row).toEqual({ first_seen_at: seoul('2026-11-01T12:00'), handled_until: seoul('2026-11-01T12:00') });
  });

  it('opens the run of a fire when its time has come, not before', async () => {
    const schedule = await seen();
    await ledger.look(schedule, '2026-11-01T23:59');
    expect(await ledger.runs()).toEqual([]);
    await ledger.look(schedule, '2026-11-02T00:00');
    expect(await ledger.runs()).toEqual(['2026-11-02T00:00 PLANNING']);
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
  });

  it('fires once, however often and from wherever it is looked at', async () => {
    const schedule = await seen();
    await Promise.all(Array.from({ length: 8 }, () => ledger.look(schedule, '2026-11-02T00:00')));
    await ledger.look(schedule, '2026-11-02T00:01');
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
  });

  it('is left to the process that is at it: another neither waits nor decides', async () => {
    const schedule = await seen();
    const holding = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    const slow: Database = {
      ...ledger.database,
      withTransaction: (work) =>
        ledger.database.withTransaction((transaction) =>
          work({
            ...transaction,
            query: async <R extends object>(statement: Statement | string) => {
              const rows = await transaction.query<R>(statement);
              holding.resolve(undefined);
              await released.promise;
              return rows;
            },
          }),
        ),
    };
    const request = { schedule, planVersion: 1, now: seoul('2026-11-02T00:00'), wanted: undefined, holder: 'process b' };
    const first = fireSchedule(slow, request);
    await holding.promise;
    expect(await ledger.look(schedule, '2026-11-02T00:00')).toEqual({ fires: [], left: 'unknown', change: undefined });
    released.resolve(undefined);
    expect((await first).fires).toHaveLength(1);
  });

  it('fires nothing again when the clock is put back', async () => {
    const schedule = await seen();
    await ledger.look(schedule, '2026-11-02T00:05');
    await ledger.look(schedule, '2026-11-01T23:30');
    await ledger.look(schedule, '2026-11-02T00:00');
    expect(await ledger.fires()).toHaveLength(1);
  });
});

describe('nights that were missed', () => {
  it.each([
    [
      'runAll',
      {},
      ['11-02 00:00 STARTED 2026-11-02T00:00', '11-03 00:00 STARTED 2026-11-03T00:00', '11-04 00:00 STARTED 2026-11-04T00:00'],
    ],
    ['runOnce', {}, ['11-02 00:00 MISSED', '11-03 00:00 MISSED', '11-04 00:00 STARTED 2026-11-04T00:00']],
    ['skip', {}, ['11-02 00:00 MISSED', '11-03 00:00 MISSED', '11-04 00:00 MISSED']],
    ['runAll', { maxAgeMs: 24 * 3_600_000 }, ['11-02 00:00 MISSED', '11-03 00:00 MISSED', '11-04 00:00 STARTED 2026-11-04T00:00']],
  ] as const)('are handled by %s %j', async (misfire, over, expected) => {
    const schedule = await seen(aSchedule({ misfire, ...over }));
    await ledger.look(schedule, '2026-11-04T06:00');
    expect(await ledger.fires()).toEqual(expected);
  });

  it('are each decided when the calendar jumps by 14 days, in transactions of bounded size', async () => {
    const schedule = await seen(aSchedule({ cron: '*/5 * * * *', misfire: 'runOnce' }));
    const left: string[] = [];
    for (let look = await ledger.look(schedule, '2026-11-15T12:00'); ; look = await ledger.look(schedule, '2026-11-15T12:00')) {
      left.push(look.left);
      expect(look.fires.length).toBeLessThanOrEqual(500);
      if (look.left === 'nothing') break;
    }
    expect(left).toHaveLength(9);
    const fires = await ledger.fires();
    expect(fires).toHaveLength(14 * 288);
    expect(fires.filter((fire) => fire.includes('STARTED'))).toEqual(['11-15 12:00 STARTED 2026-11-15T12:00']);
  });
});

describe('a fire while a run of its job is open', () => {
  it('is left out with its reason where overlap is skip', async () => {
    const schedule = await seen(aSchedule({ misfire: 'runOnce', overlap: 'skip' }));
    await ledger.look(schedule, '2026-11-02T00:00');
    const { fires } = await ledger.look(schedule, '2026-11-03T00:00');
    expect(fires).toMatchObject([
      { state: 'SKIPPED', reason: expect.stringMatching(/^test.nightly:2026-11-02T00:00 \(run \d+\) has not ended$/) as string },
    ]);
    await ledger.end('FAILED');
    await ledger.look(schedule, '2026-11-04T00:00');
    expect(await ledger.fires()).toEqual([
      '11-02 00:00 STARTED 2026-11-02T00:00',
      '11-03 00:00 SKIPPED',
      '11-04 00:00 STARTED 2026-11-04T00:00',
    ]);
  });

  it('waits where overlap is wait, and later ones behind it', async () => {
    const schedule = await seen(aSchedule({ overlap: 'wait' }));
    expect(await ledger.look(schedule, '2026-11-04T06:00')).toMatchObject({ left: 'waiting', fires: [{ key: '2026-11-02T00:00' }] });
    expect(await ledger.look(schedule, '2026-11-04T06:00')).toMatchObject({ left: 'waiting', fires: [] });
    await ledger.end('COMPLETED');
    await ledger.look(schedule, '2026-11-04T06:00');
    await ledger.end('COMPLETED');
    expect(await ledger.look(schedule, '2026-11-04T06:00')).toMatchObject({ left: 'nothing' });
    expect(await ledger.runs()).toEqual(['2026-11-02T00:00 COMPLETED', '2026-11-03T00:00 COMPLETED', '2026-11-04T00:00 PLANNING']);
  });
});

describe('a fire after the work of another schedule', () => {
  const first = aSchedule({ name: 'test.first', job: 'test.first' });
  const second = aSchedule({ after: ['test.first'] });

  it('waits until that one has decided its fires, and its run has completed', async () => {
    await seen(first);
    await seen(second);
    expect(await ledger.look(second, '2026-11-02T00:00')).toMatchObject({ left: 'waiting', fires: [] });
    await ledger.look(first, '2026-11-02T00:00');
    expect(await ledger.look(second, '2026-11-02T00:00')).toMatchObject({ left: 'waiting' });
    await ledger.end('FAILED');
    expect(await ledger.look(second, '2026-11-02T00:00')).toMatchObject({ left: 'waiting' });
    await ledger.database.execute("UPDATE weir.job_run SET status = 'COMPLETED', planned_at = clock_timestamp()");
    expect(await ledger.look(second, '2026-11-02T00:00')).toMatchObject({ left: 'nothing', fires: [{ state: 'STARTED' }] });
  });

  it('does not wait for later fires of that one, nor for one that is disabled or was never seen', async () => {
    await seen(second);
    expect(await ledger.look(second, '2026-11-02T00:00')).toMatchObject({ fires: [{ state: 'STARTED' }] });
    const later = aSchedule({ name: 'test.first', job: 'test.first', cron: '0 1 * * *' });
    await seen(later, '2026-11-02T12:00');
    expect(await ledger.look(second, '2026-11-03T00:30')).toMatchObject({ fires: [{ state: 'STARTED' }] });
    expect(await ledger.look(second, '2026-11-04T00:30')).toMatchObject({ left: 'waiting' });
    await ledger.look(later, '2026-11-03T00:30', { wanted: { ...patternOf(later), isEnabled: false } });
    expect(await ledger.look(second, '2026-11-04T00:30')).toMatchObject({ fires: [{ state: 'STARTED' }] });
  });
});

describe('a fire whose run is there already', () => {
  const request = { job: 'test.nightly', key: '2026-11-02T00:00', planVersion: 1 };

  it.each(['COMPLETED', 'STOPPED'] as const)('is left out where that has %s', async (status) => {
    const schedule = await seen();
    await insertRun(ledger.database, request);
    await ledger.end(status);
    await ledger.look(schedule, '2026-11-02T00:00');
    expect(await ledger.fires()).toEqual(['11-02 00:00 SKIPPED']);
    expect(await ledger.runs()).toEqual([`2026-11-02T00:00 ${status}`]);
  });

  it('lets it go on where it failed: somebody had tried it too early', async () => {
    const schedule = await seen();
    await insertRun(ledger.database, request);
    await ledger.end('FAILED');
    await ledger.look(schedule, '2026-11-02T00:00');
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
    expect(await ledger.runs()).toEqual(['2026-11-02T00:00 OPEN']);
  });
});

describe('a changed schedule', () => {
  const hourly = (isEnabled = true) => ({ cron: '0 * * * *', zone: 'Asia/Seoul', isEnabled });

  it('decides what was due as it stood before, then counts from now, and is audited', async () => {
    const schedule = await seen();
    const look = await ledger.look(schedule, '2026-11-02T06:30', { wanted: hourly() });
    expect(look.change).toEqual({ before: patternOf(schedule), after: hourly() });
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
    await ledger.look(schedule, '2026-11-02T07:00', { wanted: undefined });
    expect(await ledger.fires()).toHaveLength(2);
    expect(await ledger.database.query('SELECT actor, action, target, input FROM weir.audit')).toEqual([
      { actor: 'daemon:process a', action: 'schedule.change', target: 'test.nightly', input: hourly() },
    ]);
  });

  it('stays as it stood while what was due then waits', async () => {
    const schedule = await seen(aSchedule({ overlap: 'wait' }));
    const look = await ledger.look(schedule, '2026-11-03T06:30', { wanted: hourly() });
    expect(look).toMatchObject({ left: 'waiting', change: undefined });
    await ledger.end('COMPLETED');
    expect((await ledger.look(schedule, '2026-11-03T06:30', { wanted: hourly() })).change).toBeDefined();
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00', '11-03 00:00 STARTED 2026-11-03T00:00']);
  });

  it('comes into force as the last that was started wants it, whoever decides what was due before', async () => {
    const schedule = await seen(aSchedule({ overlap: 'wait' }));
    await ledger.look(schedule, '2026-11-03T06:30', { wanted: hourly(), holder: 'process a' });
    const daily = { ...patternOf(schedule), cron: '0 5 * * *' };
    await ledger.look(schedule, '2026-11-03T06:31', { wanted: daily, holder: 'process b' });
    await ledger.end('COMPLETED');
    const look = await ledger.look(schedule, '2026-11-03T06:32', { wanted: undefined, holder: 'process a' });
    expect(look.change).toEqual({ before: patternOf(schedule), after: daily });
    expect((await ledger.look(schedule, '2026-11-03T06:33', { wanted: undefined })).change).toBeUndefined();
    expect(await ledger.database.query('SELECT actor, input FROM weir.audit')).toEqual([{ actor: 'daemon:process b', input: daily }]);
  });

  it('stays as it is when the last that was started wants it so, whatever was wanted before', async () => {
    const schedule = await seen(aSchedule({ overlap: 'wait' }));
    await ledger.look(schedule, '2026-11-03T06:30', { wanted: hourly() });
    await ledger.look(schedule, '2026-11-03T06:31');
    await ledger.end('COMPLETED');
    expect(await ledger.look(schedule, '2026-11-03T06:32', { wanted: undefined })).toMatchObject({ left: 'nothing', change: undefined });
    expect(await ledger.database.query('SELECT cron, wanted FROM weir.schedule')).toEqual([{ cron: '0 0 * * *', wanted: null }]);
  });

  it('skips, while it is disabled, what is due, also what was before; and makes up for none of it afterwards', async () => {
    const schedule = await seen();
    await ledger.look(schedule, '2026-11-02T06:30', { wanted: { ...patternOf(schedule), isEnabled: false } });
    await ledger.look(schedule, '2026-11-03T06:30', { wanted: undefined });
    await ledger.look(schedule, '2026-11-04T06:30');
    await ledger.look(schedule, '2026-11-05T00:00', { wanted: undefined });
    expect(await ledger.fires()).toEqual([
      '11-02 00:00 SKIPPED',
      '11-03 00:00 SKIPPED',
      '11-04 00:00 SKIPPED',
      '11-05 00:00 STARTED 2026-11-05T00:00',
    ]);
  });
});

describe('a schedule that an operator has paused', () => {
  it('skips what is due, saying who paused it, and goes on with what is due after it was resumed', async () => {
    const schedule = await seen();
    const pause = { schedule: schedule.name, actor: 'kim', reason: 'the provider asked', pausedAt: seoul('2026-11-01T13:00') };
    expect(await pauseSchedule(ledger.database, pause)).toBe(true);
    expect(await pauseSchedule(ledger.database, { ...pause, actor: 'lee' })).toBe(false);
    await ledger.look(schedule, '2026-11-02T06:30');
    expect(await resumeSchedule(ledger.database, schedule.name)).toBe(true);
    await ledger.look(schedule, '2026-11-03T06:30');
    expect(await ledger.fires()).toEqual(['11-02 00:00 SKIPPED', '11-03 00:00 STARTED 2026-11-03T00:00']);
    const [first] = await ledger.database.query('SELECT reason, paused_by AS "pausedBy" FROM weir.schedule_fire ORDER BY fire_at LIMIT 1');
    expect(first).toEqual({ reason: 'kim has paused the schedule', pausedBy: 'kim' });
  });

  it('keeps what was due before and waits for other work, and is late with it, until the pause ends', async () => {
    const first = await seen(aSchedule({ name: 'test.first', job: 'test.first' }));
    const second = await seen(aSchedule({ after: [first.name], overlap: 'wait' }));
    await ledger.look(first, '2026-11-02T00:00');
    expect((await ledger.look(second, '2026-11-02T00:00')).left).toBe('waiting');
    const pause = { schedule: second.name, actor: 'kim', reason: 'wrong rates', pausedAt: seoul('2026-11-02T08:00') };
    await pauseSchedule(ledger.database, pause);
    await ledger.end('COMPLETED');
    expect((await ledger.look(second, '2026-11-02T12:00')).left).toBe('waiting');
    expect(await ledger.fires()).toEqual([]);
    const [view] = await listSchedules(ledger.database, [{ schedule: second, pattern: patternOf(second) }], seoul('2026-11-02T12:00'));
    expect(view).toMatchObject({ lateSince: seoul('2026-11-02T00:00'), pause });
    await resumeSchedule(ledger.database, second.name);
    await ledger.look(second, '2026-11-02T12:01');
    expect(await ledger.fires()).toEqual(['11-02 00:00 STARTED 2026-11-02T00:00']);
  });

  it('tells what it has swallowed until the run of that day is there, also after it was resumed; of a sweep nothing', async () => {
    const schedule = await seen();
    const sweep = await seen(aSchedule({ name: 'test.sweep', job: 'test.sweep', misfire: 'runOnce', isForgettable: true }));
    for (const { name } of [schedule, sweep]) {
      await pauseSchedule(ledger.database, { schedule: name, actor: 'kim', reason: 'x', pausedAt: seoul('2026-11-01T13:00') });
    }
    const swallowed = async (): Promise<readonly string[]> =>
      (await swallowedFires(ledger.database, [schedule, sweep])).map(({ schedule: name, key, pausedBy }) => `${name} ${key} ${pausedBy}`);
    expect(await swallowed()).toEqual([]);
    for (const each of [schedule, sweep]) await ledger.look(each, '2026-11-03T06:30');
    expect(await swallowed()).toEqual(['test.nightly 2026-11-02T00:00 kim', 'test.nightly 2026-11-03T00:00 kim']);
    await resumeSchedule(ledger.database, schedule.name);
    await ledger.look(schedule, '2026-11-04T06:30');
    await insertRun(ledger.database, { job: schedule.job, key: '2026-11-02T00:00', planVersion: 1 });
    expect(await swallowed()).toEqual(['test.nightly 2026-11-03T00:00 kim']);
  });
});

describe('the ledger', () => {
  it('takes no fire that started without its run, and no run of a fire that did not start', async () => {
    await seen();
    const insert = `INSERT INTO weir.schedule_fire (schedule, fire_at, state, reason) VALUES ('test.nightly', now(), $1, $2)`;
    await expect(ledger.database.execute({ text: insert, values: ['STARTED', null] })).rejects.toMatchObject({ code: 'constraint' });
    await expect(ledger.database.execute({ text: insert, values: ['MISSED', null] })).rejects.toMatchObject({ code: 'constraint' });
  });
});
