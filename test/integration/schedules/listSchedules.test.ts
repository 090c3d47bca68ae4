import { beforeAll, describe, expect, it } from 'vitest';
import { comingFires } from '../../../src/runtime/schedules/comingFires.ts';
import { listSchedules } from '../../../src/runtime/schedules/listSchedules.ts';
import { pauseSchedule } from '../../../src/runtime/schedules/schedulePauses.ts';
import { aLedger, aSchedule, patternOf, seoul, type Ledger } from './aLedger.ts';

let ledger: Ledger;
const nightly = aSchedule();
const hourly = aSchedule({ name: 'test.hourly', job: 'test.hourly', cron: '30 * * * *', misfire: 'runOnce', overlap: 'skip' });
const unseen = aSchedule({ name: 'test.unseen', job: 'test.unseen', cron: '15 12 * * *' });
const off = aSchedule({ name: 'test.off', job: 'test.off', cron: '45 11 * * *' });
const known = [nightly, hourly, unseen].map((schedule) => ({ schedule, pattern: patternOf(schedule) }));

beforeAll(async () => {
  ledger = await aLedger();
  await ledger.look(nightly, '2026-11-01T12:00');
  await ledger.look(nightly, '2026-11-02T00:00');
  await ledger.look(hourly, '2026-11-02T11:00', { wanted: { ...patternOf(hourly), cron: '45 * * * *' } });
});

describe('listSchedules', () => {
  it('tells each as it is in force: its row where a process has seen it, else its options', async () => {
    const views = await listSchedules(ledger.database, known, seoul('2026-11-02T12:00'));
    expect(views).toMatchObject([
      {
        ...{ name: 'test.nightly', cron: '0 0 * * *', isEnabled: true, firstSeenAt: seoul('2026-11-01T12:00') },
        ...{ nextFireAt: seoul('2026-11-03T00:00'), lateSince: seoul('2026-11-02T00:00') },
        lastFire: { fireAt: seoul('2026-11-02T00:00'), state: 'STARTED', runStatus: 'PLANNING', reason: null },
      },
      // Nobody has looked at it since: what is due is late.
      {
        name: 'test.hourly',
        cron: '45 * * * *',
        nextFireAt: seoul('2026-11-02T11:45'),
        lateSince: seoul('2026-11-02T11:45'),
        lastFire: undefined,
      },
      { name: 'test.unseen', cron: '15 12 * * *', firstSeenAt: undefined, nextFireAt: seoul('2026-11-02T12:15'), lateSince: undefined },
    ]);
  });
});

describe('a schedule that is off', () => {
  it('has no next fire, and is late for none', async () => {
    const one = { schedule: off, pattern: { ...patternOf(off), isEnabled: false } };
    const [view] = await listSchedules(ledger.database, [one], seoul('2026-11-02T12:00'));
    expect(view).toMatchObject({ isEnabled: false, nextFireAt: undefined, lateSince: undefined });
  });
});

describe('comingFires', () => {
  it('tells the next of all schedules in their order, what is due first, without those that are disabled', async () => {
    const views = await listSchedules(ledger.database, known, seoul('2026-11-02T12:00'));
    const coming = comingFires(views, [nightly, hourly, unseen], 3);
    expect(coming.map(({ schedule, key }) => [schedule, key])).toEqual([
      ['test.hourly', '2026-11-02T11:45'],
      ['test.unseen', '2026-11-02T12:15'],
      ['test.hourly', '2026-11-02T12:45'],
    ]);
    const disabled = views.map((view) => ({ ...view, isEnabled: view.name !== 'test.hourly' }));
    expect(comingFires(disabled, [nightly, hourly, unseen], 2).map(({ schedule }) => schedule)).toEqual(['test.unseen', 'test.nightly']);
  });
});

describe('a schedule that is paused', () => {
  it('is listed and told of with who has paused it', async () => {
    const pause = { schedule: 'test.nightly', actor: 'kim', reason: 'a deploy', pausedAt: seoul('2026-11-02T11:00') };
    await pauseSchedule(ledger.database, pause);
    const views = await listSchedules(ledger.database, known, seoul('2026-11-02T12:00'));
    expect(views.map((view) => view.pause)).toEqual([pause, undefined, undefined]);
    expect(comingFires(views, [nightly, unseen], 2).map(({ schedule, pausedBy }) => [schedule, pausedBy])).toEqual([
      ['test.unseen', null],
      ['test.nightly', 'kim'],
    ]);
  });
});
