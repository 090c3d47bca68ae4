import { describe, expect, it } from 'vitest';
import { median, percentile, ratio } from '../../bench/statistics.ts';

describe('median', () => {
  it.each([
    { of: [7], is: 7 },
    { of: [3, 1, 2], is: 2 },
    { of: [10, 9, 100], is: 10 },
    { of: [4, 1, 2, 3], is: 2.5 },
  ])('of $of is $is', ({ of, is }) => {
    expect(median(of)).toBe(is);
  });

  it('leaves the numbers in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('does not exist without numbers', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('percentile', () => {
  it.each([
    { of: [7], share: 0.99, is: 7 },
    { of: [3, 1, 2], share: 0.5, is: 2 },
    { of: [10, 9, 100], share: 0.99, is: 100 },
    { of: [4, 1, 2, 3], share: 0.5, is: 2 },
    { of: Array.from({ length: 200 }, (_, index) => 200 - index), share: 0.99, is: 198 },
    { of: [4, 1, 2, 3], share: 1, is: 4 },
  ])('of $of that $share do not exceed is $is', ({ of, share, is }) => {
    expect(percentile(of, share)).toBe(is);
  });

  it('does not exist without numbers', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });
});

describe('ratio', () => {
  it.each([
    { rate: 30, other: 40, is: 0.75 },
    { rate: 1, other: 3, is: 0.333 },
    { rate: 41_234, other: 3_000, is: 13.7 },
    { rate: 5, other: null, is: null },
  ])('of $rate to $other is $is', ({ rate, other, is }) => {
    expect(ratio(rate, other)).toBe(is);
  });
});
