import { describe, expect, it } from 'vitest';
import { residentMemoryOf } from '../../../bench/settle/residentMemory.ts';

describe('residentMemoryOf', () => {
  it('tells the highest, and medians by thirds of the time', () => {
    expect(residentMemoryOf([100, 110, 120, 200, 210, 220, 300, 310.4, 320.6])).toEqual({ highest: 321, thirds: [110, 210, 310] });
  });

  it('tells of a run too short for thirds', () => {
    expect(residentMemoryOf([100])).toEqual({ highest: 100, thirds: [100, 100, 100] });
  });
});
