import { describe, expect, it } from 'vitest';
import { standing } from '../../src/runtime/liveness.ts';

describe('standing', () => {
  it('names what has had work for longer than the limit without ending any of it', () => {
    const parts = [0, 999, 1_000, 1_001, 5_000].map((ms) => ({ name: `part ${ms}`, standingMs: () => ms }));
    expect(standing(parts, 1_000)).toEqual(['part 1001', 'part 5000']);
  });
});
