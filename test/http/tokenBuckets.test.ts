import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../src/http/tokenBuckets.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

describe('TokenBuckets', () => {
  it('lets through as many at once as in a second, then so many a second', async () => {
    const clock = virtualClock(new Date(0));
    const buckets = new TokenBuckets(clock, 4);
    expect(Array.from({ length: 5 }, () => buckets.take('kim'))).toEqual([0, 0, 0, 0, 250]);
    await clock.advance(249);
    expect(buckets.take('kim')).toBe(1);
    await clock.advance(1);
    expect([buckets.take('kim'), buckets.take('kim')]).toEqual([0, 250]);
    await clock.advance(3_600_000);
    expect(Array.from({ length: 5 }, () => buckets.take('kim'))).toEqual([0, 0, 0, 0, 250]);
  });

  it('does not heed the calendar clock', () => {
    const clock = virtualClock(new Date(0));
    const buckets = new TokenBuckets(clock, 1);
    buckets.take('kim');
    clock.setNow(new Date('2030-01-01'));
    expect(buckets.take('kim')).toBe(1_000);
  });

  it('holds no one back for another, and forgets who asked longest ago rather than grow', () => {
    const buckets = new TokenBuckets(virtualClock(new Date(0)), 1);
    buckets.take('kim');
    expect([buckets.take('lee'), buckets.take('kim')]).toEqual([0, 1_000]);
    for (let number = 1; number < 10_000; number += 1) buckets.take(`other ${number}`);
    expect(buckets.take('kim')).toBe(1_000);
    for (let number = 1; number <= 10_000; number += 1) buckets.take(`another ${number}`);
    expect(buckets.take('kim')).toBe(0);
  });
});
