import type { Clock } from './clock.ts';

/** Exponential back-off with full jitter: the n-th wait is a random part of `firstMs` doubled n - 1 times, at most `maxMs`. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The random part is never smaller: a chance near zero would make a failing loop spin. */
const leastPart = 0.1;

/** The wait before the `attempt`-th try again, from 1, in milliseconds: from a tenth of its bound up to all of it. */
export function backOffMs({ firstMs, maxMs }: BackOff, attempt: number, clock: Pick<Clock, 'random'>): number {
  return Math.min(maxMs, firstMs * 2 ** (attempt - 1)) * Math.max(leastPart, clock.random());
}
