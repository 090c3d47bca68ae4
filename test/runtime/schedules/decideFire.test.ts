import { describe, expect, it } from 'vitest';
import { decideFire } from '../../../src/runtime/schedules/decideFire.ts';
import { defineSchedule, type Misfire } from '../../../src/runtime/schedules/schedule.ts';

const now = new Date('2026-11-02T00:00:00Z');

function decided(
  misfire: Misfire,
  ageMs: number,
  over: { isLatest?: boolean; isEnabled?: boolean; pausedAgoMs?: number; maxAgeMs?: number; isForgettable?: boolean } = {},
): string {
  const { isLatest = true, isEnabled = true, pausedAgoMs, maxAgeMs = Infinity, isForgettable = false } = over;
  const pause = pausedAgoMs === undefined ? undefined : { actor: 'kim', pausedAt: new Date(now.getTime() - pausedAgoMs) };
  const moment = { now, isLatest, isEnabled, pause };
  return decideFire(new Date(now.getTime() - ageMs), moment, { misfire, maxAgeMs, isForgettable }).state;
}

describe('decideFire', () => {
  it.each<[string, Misfire, number, Parameters<typeof decided>[2], string]>([
    ['what has just come starts', 'skip', 1_000, {}, 'start'],
    ['a minute late is still in time', 'skip', 60_000, { isLatest: false }, 'start'],
    ['what nobody saw is missed', 'skip', 60_001, {}, 'MISSED'],
    ['the latest that nobody saw runs', 'runOnce', 86_400_000, {}, 'start'],
    ['those before it do not', 'runOnce', 86_400_000, { isLatest: false }, 'MISSED'],
    ['each runs', 'runAll', 86_400_000, { isLatest: false }, 'start'],
    ['none is too old without a limit', 'runAll', 400 * 86_400_000, {}, 'start'],
    ['at the limit it runs', 'runAll', 3_600_000, { maxAgeMs: 3_600_000 }, 'start'],
    ['above the limit it is missed', 'runAll', 3_600_001, { maxAgeMs: 3_600_000 }, 'MISSED'],
    ['also the latest', 'runOnce', 3_600_001, { maxAgeMs: 3_600_000 }, 'MISSED'],
    ['a disabled schedule skips, however late', 'runAll', 86_400_000, { isEnabled: false }, 'SKIPPED'],
    ['a paused schedule skips what comes', 'runAll', 1_000, { pausedAgoMs: 1_001 }, 'SKIPPED'],
    ['and keeps what was due before', 'runAll', 86_400_000, { pausedAgoMs: 1_000 }, 'wait'],
    ['which a sweep need not', 'runOnce', 2_000, { pausedAgoMs: 1_000, isForgettable: true }, 'SKIPPED'],
    ['so it does above the limit', 'runAll', 3_600_001, { pausedAgoMs: 3_600_002, maxAgeMs: 3_600_000 }, 'SKIPPED'],
    ['and before a later fire', 'runOnce', 86_400_000, { pausedAgoMs: 86_400_001, isLatest: false }, 'SKIPPED'],
    ['and where what is late is skipped', 'skip', 60_001, { pausedAgoMs: 60_002 }, 'SKIPPED'],
  ])('%s (%s, %d ms late)', (_what, misfire, ageMs, over, expected) => {
    expect(decided(misfire, ageMs, over)).toBe(expected);
  });
});

describe('defineSchedule', () => {
  it('refuses to run all that was missed and to skip what overlaps: the second of two missed fires would be lost', () => {
    const policies = { misfire: 'runAll', overlap: 'skip' } as const;
    const schedule = { name: 'a', job: 'a', profile: 'p', cron: '0 0 * * *', maxAgeMs: Infinity, keyOf: String };
    expect(() => defineSchedule({ ...schedule, ...policies })).toThrow(TypeError);
    expect(defineSchedule({ ...schedule, ...policies, overlap: 'wait' }).zone).toBe('Asia/Seoul');
  });
});
