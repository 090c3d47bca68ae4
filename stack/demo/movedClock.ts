import type { Clock } from '../../src/message/clock.ts';
import { realClock } from '../../src/runtime/clock.ts';

/** A clock whose calendar is moved by hand. Elapsed time stays the machine's: nothing waits less, and no time limit fires early. */
export interface MovedClock extends Clock {
  /** Sets how far the calendar is from the machine's, in milliseconds. */
  move(offsetMs: number): void;
}

export function movedClock(offsetMs: number): MovedClock {
  let ahead = offsetMs;
  return {
    ...realClock,
    now: () => new Date(realClock.now().getTime() + ahead),
    move: (newOffsetMs) => {
      ahead = newOffsetMs;
    },
  };
}
