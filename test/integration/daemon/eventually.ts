import { vi } from 'vitest';
import { until } from '../../support/until.ts';

// Processes that a busy machine starts slowly are waited for.
const limitMs = 30_000;
vi.setConfig({ testTimeout: 4 * limitMs, hookTimeout: 4 * limitMs });

/** Waits for what a process of its own will do; as `until`, with a limit for busy machines. */
export function eventually<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  return until(what, condition, { limitMs });
}
