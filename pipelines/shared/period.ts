import { WeirError } from '../../src/errors.ts';

/**
 * A calendar month, `YYYY-MM`. Months and dates are text on purpose: they have no zone, compare as text, and cost nothing in
 * the inner loop of a settlement.
 */
export type Period = `${number}-${number}`;

/** What a month looks like as text. */
export const periodPattern = /^[12]\d{3}-(0[1-9]|1[0-2])$/;

function isPeriod(text: string): text is Period {
  return periodPattern.test(text);
}

/** Reads a month; `invalidKey` for anything else, since a month is the key of a run. */
export function parsePeriod(text: string): Period {
  if (!isPeriod(text)) throw new WeirError('invalidKey', `Expected a month as YYYY-MM, got ${JSON.stringify(text.slice(0, 40))}.`);
  return text;
}

/** The first day of a month as `YYYY-MM-DD`. */
export function firstDay(period: Period): string {
  return `${period}-01`;
}

/** A day of a month as `YYYY-MM-DD`. */
export function dayOf(period: Period, day: number): string {
  return `${period}-${String(day).padStart(2, '0')}`;
}

/** The last day of a month as `YYYY-MM-DD`. */
export function lastDay(period: Period): string {
  // Day 0 of a month is the last of the one before.
  const days = new Date(Date.UTC(Number(period.slice(0, 4)), Number(period.slice(5)), 0)).getUTCDate();
  return dayOf(period, days);
}

/** The month of a date or timestamp text that begins with `YYYY-MM`. */
export function periodOf(date: string): Period {
  return parsePeriod(date.slice(0, 7));
}

/** The month that is `months` later, or earlier for a negative number. */
export function addMonths(period: Period, months: number): Period {
  const count = Number(period.slice(0, 4)) * 12 + Number(period.slice(5)) - 1 + months;
  return parsePeriod(`${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, '0')}`);
}

/** The month before. */
export function previousPeriod(period: Period): Period {
  return addMonths(period, -1);
}
