import { expect, it } from 'vitest';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { listSchedulesRoute, pauseScheduleRoute, resumeScheduleRoute } from '../../../src/console/house/scheduleRoutes.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { fireSchedule } from '../../../src/runtime/schedules/fireSchedule.ts';
import { aSchedule, patternOf, seoul } from '../schedules/aLedger.ts';
import { anApi } from './anApi.ts';

it('whoever pauses a schedule is told what would fall to it, and whoever resumes it what has', async () => {
  const nightly = aSchedule();
  let at = '2026-11-01T12:00';
  const clock = { ...realClock, now: () => seoul(at) };
  const schedules = [{ schedule: nightly, pattern: patternOf(nightly) }];
  const api = await anApi((database) =>
    bindRoutes([pauseScheduleRoute, resumeScheduleRoute], { database, clock, schedules } as unknown as HousePorts),
  );
  const look = () =>
    fireSchedule(api.database, { schedule: nightly, planVersion: 1, now: clock.now(), wanted: patternOf(nightly), holder: 'process a' });
  const fire = (day: string) => ({ fireAt: seoul(`${day}T00:00`).toISOString(), job: nightly.job, key: `${day}T00:00` });
  const body = { schedule: nightly.name };
  await look();

  at = '2026-11-02T00:01';
  const would = {
    ...{ ...body, state: 'paused', offBy: null, waits: [fire('2026-11-02')] },
    wouldSkip: ['2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06'].map(fire),
  };
  expect((await api.ask(api.tokens.operator, 'schedule.pause/effect', body)).body).toEqual(would);
  await look();
  at = '2026-11-02T12:00';
  await api.ask(api.tokens.operator, 'schedule.pause', { ...body, reason: 'a deploy' });
  at = '2026-11-04T12:00';
  await look();
  const told = { ...body, state: 'resumed', offBy: null, skipped: 2, skippedFires: ['2026-11-03', '2026-11-04'].map(fire) };
  expect((await api.ask(api.tokens.operator, 'schedule.resume/effect', body)).body).toEqual(told);
  expect((await api.ask(api.tokens.operator, 'schedule.resume', { ...body, reason: 'deployed' })).body).toEqual(told);
});

it('whoever pauses or resumes a schedule that is off is told so, and by which option', async () => {
  const nightly = aSchedule();
  const off = { ...patternOf(nightly), isEnabled: false };
  const clock = { ...realClock, now: () => seoul('2026-11-01T12:00') };
  // The options of this process have it on: what counts is what holds for all.
  const schedules = [{ schedule: nightly, pattern: patternOf(nightly) }];
  const api = await anApi((database) =>
    bindRoutes([listSchedulesRoute, pauseScheduleRoute, resumeScheduleRoute], { database, clock, schedules } as unknown as HousePorts),
  );
  await fireSchedule(api.database, { schedule: nightly, planVersion: 1, now: clock.now(), wanted: off, holder: 'process a' });
  const body = { schedule: nightly.name };
  const offBy = 'schedules.test.nightly.enabled';
  const ask = async (name: string, input: object) => (await api.ask(api.tokens.operator, name, input)).body;
  const skipped = { skipped: 0, skippedFires: [] };
  expect(await ask('schedule.pause/effect', body)).toEqual({ ...body, state: 'paused', offBy, waits: [], wouldSkip: [] });
  expect(await ask('schedule.resume/effect', body)).toEqual({ ...body, state: 'was not paused, and stays off', offBy, ...skipped });
  await ask('schedule.pause', { ...body, reason: 'a deploy' });
  expect(await ask('schedule.list', {})).toMatchObject({ schedules: [{ isEnabled: false, offBy, pausedBy: 'operator' }] });
  expect(await ask('schedule.resume/effect', body)).toEqual({ ...body, state: 'resumed, and stays off', offBy, ...skipped });
  expect(await ask('schedule.resume', { ...body, reason: 'deployed' })).toMatchObject({ state: 'resumed, and stays off', offBy });
});
