import type { Clock } from '../../message/clock.ts';

/** How long to wait before try number `attempt` (from 1) is made again: doubled each time up to a cap, half of it by chance. */
export function backOffMs(clock: Clock, attempt: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** (attempt - 1)) * (0.5 + clock.random() / 2);
}
