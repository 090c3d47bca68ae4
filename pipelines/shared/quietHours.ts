import { WeirError } from '../../src/errors.ts';
import { stretchAt } from './zoneStretch.ts';

/**
 * The hours in which a member is not disturbed, as the member's own clock shows them: `[start, end)`.
 *
 * The wall clock alone decides. So where it jumps over the end of the hours they end with the jump, and where it repeats an
 * hour, what is quiet in it is quiet both times.
 */
export interface QuietHours {
  /** First quiet moment of a day, `HH:MM` or `HH:MM:SS`; null for none. */
  readonly start: string | null;
  /** First moment that is allowed again; null for none. Equal to `start`: none. Before `start`: the hours cross midnight. */
  readonly end: string | null;
  /** IANA zone of the member, such as `Asia/Seoul`. */
  readonly zone: string;
}

/** A time of day as quiet hours write it. */
export const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/;

const dayMs = 86_400_000;

/** Whether the rule forbids this instant. `undecodable` for a time or zone that cannot be read. */
export function isQuiet(hours: QuietHours, now: Date): boolean {
  return nextAllowedAt(hours, now) !== now;
}

/**
 * The first instant at or after `now` that the rule allows: `now` itself (the same object) when it is allowed, else the end of
 * the hours or, where the wall clock jumps over that, the jump. Every instant between is quiet. `undecodable` for a time or zone
 * that cannot be read.
 */
export function nextAllowedAt(hours: QuietHours, now: Date): Date {
  if (hours.start === null || hours.end === null) return now;
  const startMs = millisecondsOf(hours.start);
  const endMs = millisecondsOf(hours.end);
  if (startMs === endMs) return now;
  const lengthMs = modulo(endMs - startMs, dayMs);
  let atMs = now.getTime();
  for (;;) {
    const { untilMs, offsetMs } = stretchAt(hours.zone, atMs);
    const sinceStartMs = modulo(atMs + offsetMs - startMs, dayMs);
    if (sinceStartMs >= lengthMs) break;
    const endsMs = atMs + lengthMs - sinceStartMs;
    // A change of the clock before the end: look again from there.
    atMs = Math.min(endsMs, untilMs);
    if (endsMs < untilMs) break;
  }
  return atMs === now.getTime() ? now : new Date(atMs);
}

function millisecondsOf(time: string): number {
  if (!timeOfDay.test(time))
    throw new WeirError('undecodable', `Expected a time of day as HH:MM, got ${JSON.stringify(time.slice(0, 40))}.`);
  const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
  return (minutes * 60 + Number(time.slice(6, 8))) * 1_000;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
