import { WeirError } from '../../src/errors.ts';
import type { Decimal } from '../shared/decimal.ts';

/** Which running total is asked for. Days are `YYYY-MM-DD`, both ends included, and `from` is not after the first shown. */
export interface CumulativeRequest {
  readonly column: string;
  /** The first day that is summed. */
  readonly from: string;
  readonly firstShown: string;
  readonly lastShown: string;
}

/** The sum of a column from the first day up to and including one. */
export interface RunningTotal {
  readonly day: string;
  /** Undefined before the first row that has a value: nothing was reported, which is not 0. */
  readonly total: Decimal | undefined;
}

/** Running totals as they stood at one moment, one for each shown day, in order. */
export interface CumulativeReport extends CumulativeRequest {
  readonly asOf: Date;
  readonly totals: readonly RunningTotal[];
}

/** Ten years: each shown day is a line, and an answer is held in memory whole. */
export const maxShownDays = 3_660;

const dayMs = 86_400_000;

/** Whether text is a date that exists, as `YYYY-MM-DD`, in the years 1000 to 2999. */
export function isDay(text: string): boolean {
  return /^[12]\d{3}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;
}

/** The day that is `days` later, or earlier for a negative number. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
}

/** How many days lie from the first to the last, both included. */
export function daysBetween(first: string, last: string): number {
  return (Date.parse(last) - Date.parse(first)) / dayMs + 1;
}

/** Reads `2025-10-01..2025-12-31`, both ends included; undefined for anything else. One day alone is written without the dots. */
export function parseShown(text: string): Pick<CumulativeRequest, 'firstShown' | 'lastShown'> | undefined {
  const [firstShown = '', lastShown = firstShown, ...rest] = text.split('..');
  return rest.length === 0 && isDay(firstShown) && isDay(lastShown) ? { firstShown, lastShown } : undefined;
}

/** Refuses days that cannot be shown: turned round, before the first summed, or too many for one answer; `invalidKey` that names the field. */
export function requireShowable({ from, firstShown, lastShown }: Omit<CumulativeRequest, 'column'>): void {
  if (lastShown < firstShown) throw wrongShow(`the earlier day first, as ${lastShown}..${firstShown}`);
  if (firstShown < from) throw wrongShow(`to begin on ${from}, where the sum begins (--from), or later; got ${firstShown}`);
  const days = daysBetween(firstShown, lastShown);
  if (days <= maxShownDays) return;
  throw wrongShow(`${maxShownDays} days (ten years) at most, since an answer is held in memory whole; got ${days}`);
}

function wrongShow(expected: string): WeirError {
  return new WeirError('invalidKey', `--show: expected ${expected}`);
}
