import { WeirError } from '../../src/errors.ts';

/** Keys of runs are Seoul's wall time, nine hours ahead of UTC all year. */
const offset = '+09:00';
const offsetMs = 9 * 3_600_000;
const dayMs = 86_400_000;

/** The instant at which Seoul's clocks show a date and time: `2026-11-01`, `00:00`. Invalid for what is neither. */
export function seoulInstant(date: string, time = '00:00'): Date {
  return new Date(`${date}T${time}:00${offset}`);
}

/** The date and time that Seoul's clocks show at an instant: `2026-11-01T00:00`. */
export function seoulMinute(instant: Date): string {
  return new Date(instant.getTime() + offsetMs).toISOString().slice(0, 16);
}

/** The date in Seoul at an instant: `2026-11-01`. */
export function seoulDay(instant: Date): string {
  return seoulMinute(instant).slice(0, 10);
}

/** The date in Seoul on the day before that of an instant. */
export function previousSeoulDay(instant: Date): string {
  return seoulDay(new Date(instant.getTime() - dayMs));
}

/** Refuses a date of Seoul that has not ended: more would come after its report. */
export function requireSeoulDayEnded(day: string, now: Date): void {
  if (now.getTime() >= seoulInstant(day).getTime() + dayMs) return;
  throw new WeirError('invalidKey', `Expected a day that has ended in Seoul, where it is ${seoulDay(now)}; got ${day}.`);
}

/** An instant as Seoul's clocks show it, with its offset: `2026-11-01T00:00:00.000+09:00`. */
export function seoulText(instant: Date): string {
  return `${new Date(instant.getTime() + offsetMs).toISOString().slice(0, -1)}${offset}`;
}

/** Reads a date of Seoul, the key of a run; `invalidKey` for anything else. */
export function parseSeoulDay(text: string): string {
  if (!isWritten(seoulInstant(text), seoulDay, text)) throw notA('a date as YYYY-MM-DD', text);
  return text;
}

/** Reads a minute of Seoul's clocks, the key of a run; `invalidKey` for anything else. */
export function parseSeoulMinute(text: string): Date {
  const [date = '', time = ''] = text.split('T');
  const instant = seoulInstant(date, time);
  if (!isWritten(instant, seoulMinute, text)) throw notA('a minute as YYYY-MM-DDTHH:MM', text);
  return instant;
}

/** A date that does not exist (30 February) is read as another one. */
function isWritten(instant: Date, write: (instant: Date) => string, text: string): boolean {
  return !Number.isNaN(instant.getTime()) && write(instant) === text;
}

function notA(expected: string, text: string): WeirError {
  return new WeirError('invalidKey', `Expected ${expected}, got ${JSON.stringify(text.slice(0, 40))}.`);
}
