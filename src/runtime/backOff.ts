import type { Clock } from '../message/clock.ts';

/** Exponential back-off with full jitter: the n-th wait is a random part of `firstMs` doubled n - 1 times, at most `maxMs`. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The wait before the `attempt`-th try again, from 1, in milliseconds: at least a tenth of its bound, so that it never spins. */
export function backOffMs({ firstMs, maxMs }: BackOff, attempt: number, clock: Clock): number {
  const boundMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return boundMs * (0.1 + 0.9 * clock.random());
}
