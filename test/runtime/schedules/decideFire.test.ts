import { describe, expect, it } from 'vitest';
import { decideFire } from '../../../src/runtime/schedules/decideFire.ts';
import { defineSchedule, type Misfire } from '../../../src/runtime/schedules/schedule.ts';

const now = new Date('2026-11-02T00:00:00Z');

function decided(
  misfire: Misfire,
  ageMs: number,
  over: { isLatest?: boolean; isEnabled?: boolean; pausedBy?: string; maxAgeMs?: number } = {},
): string {
  const { isLatest = true, isEnabled = true, pausedBy, maxAgeMs = Infinity } = over;
  return decideFire(new Date(now.getTime() - ageMs), { now, isLatest, isEnabled, pausedBy }, { misfire, maxAgeMs }).state;
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
    ['a paused schedule skips', 'runAll', 1_000, { pausedBy: 'kim' }, 'SKIPPED'],
    ['so it does above the limit', 'runAll', 3_600_001, { pausedBy: 'kim', maxAgeMs: 3_600_000 }, 'SKIPPED'],
    ['and before a later fire', 'runOnce', 86_400_000, { pausedBy: 'kim', isLatest: false }, 'SKIPPED'],
    ['and where what is late is skipped', 'skip', 60_001, { pausedBy: 'kim' }, 'SKIPPED'],
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
