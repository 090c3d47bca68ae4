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
  scheduleAttention(schedule, swallowed, now).map(({ level, text, since }) => `${level} ${text} (${since})`);
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const late = (at: Date): string => `page billing.settle was due and has not completed (${at.toISOString()})`;
const paused = `billing.settle is paused by kim: a deploy (2026-12-01T00:00:00.000Z)`;
const off = 'billing.settle is off by schedules.billing.settle.enabled: what it would run is skipped (null)';

describe('what of a schedule a person should look at', () => {
  it('is nothing while it is on time', () => {
    expect(texts(view, { ...fire, schedule: 'another' })).toEqual([]);
    expect(texts({ ...view, lateSince: ago(30) })).toEqual([]);
  });

  it('is that it is late, for over half an hour', () => {
    expect(texts({ ...view, lateSince: ago(31) })).toEqual([late(ago(31))]);
  });

  it('is that it is paused, by day; and now, what the pause has swallowed, also when it is over', () => {
    const swallowed = 'page billing.settle:2026-12 did not run, because kim had paused its schedule';
    const then = 'run it, or run it and stop it (2026-11-30T15:00:00.000Z)';
    expect(texts({ ...view, pause })).toEqual([`ticket ${paused}`]);
    expect(texts({ ...view, pause }, fire)).toEqual([`${swallowed}: ${then}`, `page ${paused}`]);
    expect(texts(view, fire, fire)).toEqual([`${swallowed}, and 1 more: ${then}`]);
  });

  it('is now that it is paused while what it was due to do is late', () => {
    expect(texts({ ...view, pause, lateSince: ago(29) })).toEqual([`ticket ${paused}`]);
    expect(texts({ ...view, pause, lateSince: ago(31) })).toEqual([late(ago(31)), `page ${paused}`]);
  });

  it('is by day that it is off by an option, and now while its work is late; not of one that no process has seen', () => {
    const isOff = { ...view, isEnabled: false, nextFireAt: undefined };
    expect(texts(isOff)).toEqual([`ticket ${off}`]);
    expect(texts({ ...isOff, lateSince: ago(31) })).toEqual([late(ago(31)), `page ${off}`]);
    expect(texts({ ...isOff, pause })).toEqual([`ticket ${paused}`, `ticket ${off}`]);
    expect(texts({ ...isOff, firstSeenAt: undefined })).toEqual([]);
  });
});
