import { vi } from 'vitest';
import { until } from '../../support/until.ts';

// What a rule looks back on has to leave its range, which is a minute at most, and somebody has to see that.
const limitMs = 90_000;
vi.setConfig({ testTimeout: 4 * limitMs, hookTimeout: 2 * limitMs });

/** Waits for what a rule in a hurry will do, and leaves the processors to those that have to do it. */
export function patiently<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  return until(what, condition, { limitMs, everyMs: 100 });
}
