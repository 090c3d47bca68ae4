import { expect } from 'vitest';
import type { BusinessCalendar } from '../../pipelines/shared/businessCalendar.ts';

/** What calendars of holidays are computed with, apart from the code that reads them: days are `YYYY-MM-DD`, 0 is Sunday. */

const dayMs = 86_400_000;

export function dateOf(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

export function daysBetween(one: string, other: string): number {
  return (Date.parse(`${other}T00:00:00Z`) - Date.parse(`${one}T00:00:00Z`)) / dayMs;
}

export function isWeekend(day: string): boolean {
  return weekdayOf(day) === 0 || weekdayOf(day) === 6;
}

export function yearsOf(calendar: BusinessCalendar): readonly number[] {
  return Array.from({ length: calendar.lastYear - calendar.firstYear + 1 }, (_, index) => calendar.firstYear + index);
}

/** That a file of closed days is of its form. `text` is the file itself, since reading it as JSON hides a day that is listed twice. */
export function expectWellFormed(calendar: BusinessCalendar, fileName: string, text: string): void {
  expect(`${calendar.name}.json`).toBe(fileName);
  const listed = [...text.matchAll(/^ {4}"(.+?)": "(.+)",?$/gm)].map(([, day]) => day ?? '');
  expect(listed).toEqual(Object.keys(calendar.closed));
  expect(listed).toEqual([...listed].sort());
  for (const day of listed) {
    expect(plusDays(day, 0), 'a date that exists').toBe(day);
    expect(isWeekend(day), `${day} is a weekday`).toBe(false);
  }
  expect([...new Set(listed.map((day) => Number(day.slice(0, 4))))], 'every year that is covered').toEqual(yearsOf(calendar));
}
