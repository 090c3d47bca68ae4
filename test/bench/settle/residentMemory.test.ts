import { describe, expect, it } from 'vitest';
import { residentMemoryOf } from '../../../bench/settle/residentMemory.ts';

describe('residentMemoryOf', () => {
  it('tells the highest, medians by thirds of the time, and the highest of each tenth', () => {
    expect(residentMemoryOf([100, 110, 120, 200, 210, 220, 300, 310.4, 320.6])).toEqual({
      highest: 321,
      thirds: [110, 210, 310],
      tenths: [100, 110, 120, 200, 210, 220, 300, 310, 321, 321],
    });
  });

  it('tells of a run too short for thirds', () => {
    expect(residentMemoryOf([100])).toEqual({ highest: 100, thirds: [100, 100, 100], tenths: Array(10).fill(100) });
  });
});
