import { expect, it } from 'vitest';
import { backOffMs } from '../../src/message/backOff.ts';

const limits = { firstMs: 10, maxMs: 45 };
const waits = (chance: number): readonly number[] =>
  [1, 2, 3, 4, 1_000, 2_000].map((attempt) => backOffMs(limits, attempt, { random: () => chance }));

it('doubles with each try up to its cap, however many there are, and is the part of it that chance draws', () => {
  expect(waits(1)).toEqual([10, 20, 40, 45, 45, 45]);
  expect(waits(0.5)).toEqual([5, 10, 20, 22.5, 22.5, 22.5]);
});

it('is never less than a tenth of its bound, so that nothing spins by chance', () => {
  expect(waits(0)).toEqual([1, 2, 4, 4.5, 4.5, 4.5]);
});
