import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/connectors/database.ts';
import { WeirError } from '../../../src/errors.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { runSchedules, type ScheduleMeter, type SchedulesSpec } from '../../../src/runtime/schedules/runSchedules.ts';
import type { Pattern, Schedule } from '../../../src/runtime/schedules/schedule.ts';
import { silent } from '../../support/aSpec.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';
import { aLedger, aSchedule, patternOf, seoul, type Ledger } from './aLedger.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await aLedger();
});

beforeEach(async () => {
  await ledger.database.execute('TRUNCATE weir.schedule, weir.schedule_fire, weir.job_run, weir.audit CASCADE');
});

/** What a process told about its schedules. */
interface Told {
  readonly lines: { readonly sentence: string; readonly fields: LogFields | undefined }[];
  readonly misses: Map<string, number>;
  readonly lateSince: Map<string, Date | undefined>;
  readonly pauses: Map<string, { readonly since: Date | undefined; readonly count: number }>;
  readonly off: Map<string, boolean>;
  /** How often it has looked. */
  looks(): number;
}

/** A process that fires schedules by a calendar which the test moves, until it is stopped. */
interface Process extends Told {
  stop(): Promise<void>;
}

let calendar = new Date();

function start(
  schedules: readonly Schedule[],
  over: Partial<SchedulesSpec> & { readonly patterns?: Readonly<Record<string, Pattern>> } = {},
): Process {
  const { patterns = {}, ...rest } = over;
  const stopping = new AbortController();
  const lines: Told['lines'] = [];
  const misses = new Map<string, number>();
  const lateSince = new Map<string, Date | undefined>();
  const pauses: Told['pauses'] = new Map();
  const off: Told['off'] = new Map();
  let looks = 0;
  const meter: ScheduleMeter = {
    missed: (schedule, count) => void misses.set(schedule, (misses.get(schedule) ?? 0) + count),
    lateSince(schedule, fireAt) {
      looks += 1;
      lateSince.set(schedule, fireAt);
    },
    paused: (schedule, since, count) => void pauses.set(schedule, { since, count }),
    off: (schedule, isOff) => void off.set(schedule, isOff),
  };
  const say = (sentence: string, fields?: LogFields): void => void lines.push({ sentence, fields });
  const done = runSchedules({
    database: openPool(ledger.url),
    clock: { ...realClock, now: () => calendar },
    log: { ...silent, info: say, warn: say, error: say },
    meter,
    schedules: schedules.map((schedule) => ({ schedule, pattern: patterns[schedule.name] ?? patternOf(schedule), planVersion: 1 })),
    holder: 'process a',
    pollMs: 5,
    keepDays: 90,
    draining: stopping.signal,
    ...rest,
  });
  return {
    ...{ lines, misses, lateSince, pauses, off, looks: () => looks },
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

/** Waits until a process has looked twice more: what it had to do at this calendar is done. */
async function settled(...processes: readonly Told[]): Promise<void> {
  for (const told of processes) {
    const before = told.looks();
    await until('it has looked', () => told.looks() >= before + 3 * Math.max(1, told.lateSince.size));
  }
}

/** Waits until this is what is wanted of the schedule, in force or not yet: a look comes to nothing while another process looks. */
async function isWanted(pattern: Partial<Pattern>): Promise<void> {
  await until('it is wanted', async () => {
    const [row] = await ledger.database.query<Pattern & { readonly wanted: Pattern | null }>(
      'SELECT cron, zone, is_enabled AS "isEnabled", wanted FROM weir.schedule',
    );
    expect({ ...row, ...row?.wanted }).toMatchObject(pattern);
    return true;
  });
}

describe('runSchedules', () => {
  it('fires once among several processes, through jumps of the calendar by 14 days', async () => {
    calendar = seoul('2026-11-01T12:00');
    const processes = [start([aSchedule()]), start([aSchedule()]), start([aSchedule()])];
    await settled(...processes);
    for (const day of ['2026-11-15', '2026-11-29', '2026-12-13']) {
      calendar = seoul(`${day}T12:00`);
      await settled(...processes);
    }
    const fires = await ledger.fires();
    expect(fires).toHaveLength(42);
    expect(fires.filter((fire) => !fire.includes('STARTED'))).toEqual([]);
    expect(await ledger.runs()).toHaveLength(42);
    const started = processes.flatMap(({ lines }) => lines.filter(({ sentence }) => sentence === 'schedule started a run'));
    expect(started).toHaveLength(42);
    await Promise.all(processes.map((one) => one.stop()));
  });

  it('tells what was missed, and since when a fire that is due has not completed', async () => {
    calendar = seoul('2026-11-01T12:00');
    const schedule = aSchedule({ misfire: 'runOnce', overlap: 'skip' });
    const told = start([schedule]);
    await settled(told);
    expect(told.lateSince.get('test.nightly')).toEqual(seoul('2026-11-02T00:00'));
    calendar = seoul('2026-11-04T12:00');
    await settled(told);
    expect(told.misses.get('test.nightly')).toBe(2);
    expect(told.lines).toContainEqual({
      sentence: 'schedule missed fires',
      fields: {
        ...{ schedule: 'test.nightly', job: 'test.nightly', key: '2026-11-02T00:00', asOf: seoul('2026-11-02T00:00').toISOString() },
        ...{ count: 2, reason: 'found late, and a later fire takes its place' },
      },
    });
    expect(told.lateSince.get('test.nightly')).toEqual(seoul('2026-11-04T00:00'));
    await ledger.end('FAILED');
    calendar = seoul('2026-11-05T00:00');
    await settled(told);
    expect(told.lateSince.get('test.nightly')).toEqual(seoul('2026-11-04T00:00'));
    await ledger.end('COMPLETED');
    await settled(told);
    expect(told.lateSince.get('test.nightly')).toEqual(seoul('2026-11-06T00:00'));
    await told.stop();
  });

  it('tells a failed run as late until it completes where each run counts, whatever completes after it', async () => {
    calendar = seoul('2026-11-01T12:00');
    const told = start([aSchedule({ overlap: 'wait' })]);
    calendar = seoul('2026-11-01T12:00');
    await settled(told);
    calendar = seoul('2026-11-03T12:00');
    await settled(told);
    await ledger.end('FAILED');
    await settled(told);
    await ledger.end('COMPLETED');
    await settled(told);
    expect(await ledger.runs()).toEqual(['2026-11-02T00:00 FAILED', '2026-11-03T00:00 COMPLETED']);
    expect(told.lateSince.get('test.nightly')).toEqual(seoul('2026-11-02T00:00'));
    await told.stop();
  });

  it('goes on after an outage of the database, and makes up for what was due meanwhile', async () => {
    calendar = seoul('2026-11-01T12:00');
    const pool = openPool(ledger.url);
    let isAway = false;
    const gate = <T>(ask: () => Promise<T>): Promise<T> =>
      isAway ? Promise.reject(new WeirError('unavailable', 'PostgreSQL cannot be reached')) : ask();
    const database: Database = {
      ...pool,
      query: (statement) => gate(() => pool.query(statement)),
      withTransaction: (work, options) => gate(() => pool.withTransaction(work, options)),
    };
    const told = start([aSchedule()], { database });
    await settled(told);
    isAway = true;
    calendar = seoul('2026-11-03T12:00');
    await until('it says so', () => told.lines.some(({ sentence }) => sentence === 'schedules cannot be looked at'));
    isAway = false;
    await settled(told);
    expect(await ledger.fires()).toHaveLength(2);
    await told.stop();
  });

  it('deletes at its start what is old of schedules that may be forgotten', async () => {
    calendar = seoul('2026-11-02T12:00');
    const forgettable = aSchedule({ isForgettable: true });
    await ledger.look(forgettable, '2026-11-01T12:00');
    await ledger.look(forgettable, '2026-11-02T00:00');
    await ledger.end('COMPLETED');
    await ledger.database.execute(`UPDATE weir.job_run SET finished_at = finished_at - interval '3 days'`);
    const told = start([forgettable], { keepDays: 2 });
    await until('it is forgotten', async () => (await ledger.fires()).length === 0);
    await told.stop();
  });

  it('fires the others when one cannot be fired', async () => {
    calendar = seoul('2026-11-01T12:00');
    const broken = aSchedule({
      name: 'test.broken',
      keyOf: () => {
        throw new TypeError('no key');
      },
    });
    const told = start([broken, aSchedule()]);
    await settled(told);
    calendar = seoul('2026-11-02T12:00');
    await settled(told);
    expect(await ledger.fires()).toHaveLength(1);
    expect(await ledger.fires('test.broken')).toEqual([]);
    expect(told.lateSince.get('test.broken')).toEqual(seoul('2026-11-02T00:00'));
    const line = {
      sentence: 'schedule cannot be fired',
      fields: { schedule: 'test.broken', code: 'defect', error: 'TypeError (see the log)' },
    };
    expect(told.lines).toContainEqual(line);
    await told.stop();
  });

  it('tells at its start of a schedule that a clock far ahead has fired', async () => {
    calendar = seoul('2026-11-01T12:00');
    await ledger.look(aSchedule(), '2026-12-01T12:00');
    const told = start([aSchedule()]);
    await settled(told);
    const fields = { schedule: 'test.nightly', asOf: seoul('2026-12-01T12:00').toISOString() };
    expect(told.lines).toEqual([{ sentence: 'schedule has fired for times to come, and fires nothing before', fields }]);
    await told.stop();
  });

  it('of two processes with different options follows the one that was started last, and stays with it', async () => {
    calendar = seoul('2026-11-01T12:00');
    const older = start([aSchedule()]);
    await settled(older);
    const hourly = { 'test.nightly': { cron: '30 * * * *', zone: 'Asia/Seoul', isEnabled: true } };
    const newer = start([aSchedule()], { patterns: hourly });
    await isWanted({ cron: '30 * * * *' });
    await settled(newer, older);
    calendar = seoul('2026-11-01T14:00');
    await settled(newer, older);
    expect(await ledger.fires()).toEqual(['11-01 12:30 STARTED 2026-11-01T12:30', '11-01 13:30 STARTED 2026-11-01T13:30']);
    expect(newer.lines).toContainEqual({
      sentence: 'schedule changed',
      fields: { schedule: 'test.nightly', reason: '"0 0 * * *" in Asia/Seoul → "30 * * * *" in Asia/Seoul' },
    });
    // Both in turn would change it at every look.
    expect(await ledger.database.query('SELECT actor FROM weir.audit')).toHaveLength(1);
    await Promise.all([older.stop(), newer.stop()]);
  });

  it('tells in each process that a schedule is off, or on, as the one that was started last has it', async () => {
    calendar = seoul('2026-11-01T12:00');
    const turned = (isEnabled: boolean) => ({ patterns: { 'test.nightly': { ...patternOf(aSchedule()), isEnabled } } });
    const first = start([aSchedule()], turned(true));
    await settled(first);
    expect(first.off.get('test.nightly')).toBe(false);
    const second = start([aSchedule()], turned(false));
    await isWanted({ isEnabled: false });
    await settled(second, first);
    expect([first, second].map(({ off }) => off.get('test.nightly'))).toEqual([true, true]);
    calendar = seoul('2026-11-02T12:00');
    await settled(first, second);
    expect(await ledger.fires()).toEqual(['11-02 00:00 SKIPPED']);
    const third = start([aSchedule()], turned(true));
    await isWanted({ isEnabled: true });
    await settled(third, second, first);
    expect([first, second, third].map(({ off }) => off.get('test.nightly'))).toEqual([false, false, false]);
    calendar = seoul('2026-11-03T12:00');
    await settled(first, second, third);
    expect(await ledger.fires()).toEqual(['11-02 00:00 SKIPPED', '11-03 00:00 STARTED 2026-11-03T00:00']);
    await Promise.all([first, second, third].map((one) => one.stop()));
  });

  it('follows the one that was started last also where a fire waited while both were started', async () => {
    calendar = seoul('2026-11-01T12:00');
    const schedule = aSchedule({ overlap: 'wait' });
    await ledger.look(schedule, '2026-11-01T12:00');
    calendar = seoul('2026-11-03T12:00');
    const at = (cron: string) => ({ patterns: { 'test.nightly': { ...patternOf(schedule), cron } } });
    const older = start([schedule], { ...at('0 1 * * *'), holder: 'process a' });
    await settled(older);
    const newer = start([schedule], { ...at('0 2 * * *'), holder: 'process b' });
    await isWanted({ cron: '0 2 * * *' });
    await ledger.end('COMPLETED');
    const inForce = `SELECT FROM weir.schedule WHERE cron = '0 2 * * *' AND wanted IS NULL`;
    await until('it is in force', async () => (await ledger.database.query(inForce)).length === 1);
    await settled(older, newer);
    expect(await ledger.database.query(inForce)).toHaveLength(1);
    expect(await ledger.database.query('SELECT actor FROM weir.audit')).toEqual([{ actor: 'daemon:process b' }]);
    await Promise.all([older.stop(), newer.stop()]);
  });

  it('ends at once where there are no schedules', async () => {
    await start([]).stop();
  });
});
