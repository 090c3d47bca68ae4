import { describe, expect, it } from 'vitest';
import { scheduleAttention } from '../../../src/console/overview/scheduleAttention.ts';
import type { ScheduleView } from '../../../src/runtime/schedules/listSchedules.ts';
import type { SwallowedFire } from '../../../src/runtime/schedules/swallowedFires.ts';

const now = new Date('2026-12-01T00:00:00Z');
const view: ScheduleView = {
  ...{ name: 'billing.settle', job: 'billing.settle', profile: 'billing-batch', cron: '0 0 1 * *', zone: 'Asia/Seoul', isEnabled: true },
  ...{ firstSeenAt: now, nextFireAt: now, lastFire: undefined, lateSince: undefined, pause: undefined },
};
const pause = { schedule: view.name, actor: 'kim', reason: 'a deploy', pausedAt: now };
const fire: SwallowedFire = {
  schedule: view.name,
  job: view.job,
  key: '2026-12',
  fireAt: new Date('2026-11-30T15:00:00Z'),
  pausedBy: 'kim',
};
const texts = (schedule: ScheduleView, ...swallowed: readonly SwallowedFire[]): readonly string[] =>
  scheduleAttention(schedule, swallowed, now).map(({ level, text }) => `${level} ${text}`);

describe('what of a schedule a person should look at', () => {
  it('is nothing while it is on time', () => {
    expect(texts(view, { ...fire, schedule: 'another' })).toEqual([]);
    expect(texts({ ...view, lateSince: new Date(now.getTime() - 30 * 60_000) })).toEqual([]);
  });

  it('is that it is late, for over half an hour', () => {
    const since = new Date(now.getTime() - 30 * 60_000 - 1);
    expect(texts({ ...view, lateSince: since })).toEqual([`page billing.settle was due at ${since.toISOString()} and has not completed`]);
  });

  it('is that it is paused, by day; and now, what the pause has swallowed, also when it is over', () => {
    const paused = 'ticket billing.settle is paused by kim since 2026-12-01T00:00:00.000Z: a deploy';
    const swallowed = 'page billing.settle:2026-12 did not run at 2026-11-30T15:00:00.000Z, since kim had paused its schedule';
    expect(texts({ ...view, pause })).toEqual([paused]);
    expect(texts({ ...view, pause }, fire)).toEqual([`${swallowed}: run it, or run it and stop it`, paused]);
    expect(texts(view, fire, fire)).toEqual([`${swallowed}, and 1 more: run it, or run it and stop it`]);
  });
});
