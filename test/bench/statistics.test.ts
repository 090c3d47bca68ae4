import { describe, expect, it } from 'vitest';
import { median, ratio } from '../../bench/statistics.ts';

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
