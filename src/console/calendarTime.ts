import type { Clock } from '../message/clock.ts';

/** When it was, by the calendar of now, that so much time had elapsed: also where the calendar has jumped since. */
export function calendarTime(clock: Clock, elapsedMs: number): Date {
  return new Date(clock.now().getTime() - (clock.elapsedMs() - elapsedMs));
}
