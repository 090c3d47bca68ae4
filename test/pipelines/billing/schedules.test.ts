import { describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { fireTimes } from '../../../src/runtime/schedules/fireTimes.ts';

const from = new Date('2026-10-31T14:59:59Z');

/** The keys of the runs that a schedule opens first after 31 October 2026, 23:59:59 in Seoul. */
function keys(name: string, count: number): readonly string[] {
  const schedule = systems.schedules.find((candidate) => candidate.name === name);
  const job = systems.jobs.find((candidate) => candidate.name === schedule?.job);
  if (schedule === undefined || job === undefined) throw new Error(`there is no schedule ${name} of a job`);
  const times = fireTimes(schedule.cron, schedule.zone);
  const found: string[] = [];
  for (let fireAt = times.after(from); fireAt !== undefined && found.length < count; fireAt = times.after(fireAt)) {
    const key = schedule.keyOf(fireAt);
    expect(() => job.parseKey(key)).not.toThrow();
    found.push(key);
  }
  return found;
}

describe('the schedules of billing', () => {
  it('settle a month when it has ended in Seoul', () => {
    expect(keys('billing.settle', 3)).toEqual(['2026-11', '2026-12', '2027-01']);
  });

  it('dispatch on the days that members have chosen', () => {
    expect(keys('billing.dispatch', 5)).toEqual(['2026-11-15', '2026-11-21', '2026-12-15', '2026-12-21', '2027-01-15']);
  });

  it('redispatch every five minutes, also across midnight', () => {
    expect(keys('billing.redispatch', 3)).toEqual(['2026-11-01T00:00', '2026-11-01T00:05', '2026-11-01T00:10']);
  });

  it('run in the profile of their job, and never let a settlement or a dispatch expire', () => {
    for (const { job, profile } of systems.schedules) expect(profile).toBe(systems.jobs.find(({ name }) => name === job)?.profile);
    const forGood = systems.schedules.filter(({ job }) => job === 'billing.settle' || job === 'billing.dispatch');
    expect(forGood).toHaveLength(2);
    expect(forGood.map(({ misfire, maxAgeMs, isForgettable }) => ({ misfire, maxAgeMs, isForgettable }))).toEqual(
      forGood.map(() => ({ misfire: 'runAll', maxAgeMs: Infinity, isForgettable: false })),
    );
  });
});
