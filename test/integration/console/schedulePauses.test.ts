import { expect, it } from 'vitest';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { pauseScheduleRoute, resumeScheduleRoute } from '../../../src/console/house/scheduleRoutes.ts';
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
    ...{ ...body, state: 'paused', waits: [fire('2026-11-02')] },
    wouldSkip: ['2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06'].map(fire),
  };
  expect((await api.ask(api.tokens.operator, 'schedule.pause/effect', body)).body).toEqual(would);
  await look();
  at = '2026-11-02T12:00';
  await api.ask(api.tokens.operator, 'schedule.pause', { ...body, reason: 'a deploy' });
  at = '2026-11-04T12:00';
  await look();
  const told = { ...body, state: 'resumed', skipped: 2, skippedFires: ['2026-11-03', '2026-11-04'].map(fire) };
  expect((await api.ask(api.tokens.operator, 'schedule.resume/effect', body)).body).toEqual(told);
  expect((await api.ask(api.tokens.operator, 'schedule.resume', { ...body, reason: 'deployed' })).body).toEqual(told);
});
