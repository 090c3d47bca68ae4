import type { Clock } from '../../src/message/clock.ts';
import { realClock } from '../../src/runtime/clock.ts';

/** A clock whose calendar is moved by hand. Elapsed time stays the machine's: nothing waits less, and no time limit fires early. */
export interface MovedClock extends Clock {
  /** How far the calendar is ahead of the machine's, in milliseconds. */
  aheadMs: number;
}

export function movedClock(aheadMs: number): MovedClock {
  const clock = { ...realClock, aheadMs, now: () => new Date(realClock.now().getTime() + clock.aheadMs) };
  return clock;
}
