import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BusinessCalendar } from '../../../../pipelines/shared/businessCalendar.ts';
import file from '../../../../pipelines/shared/calendars/unitedStates.json' with { type: 'json' };
import { dateOf, expectWellFormed, plusDays, weekdayOf, yearsOf } from '../../../support/calendarRules.ts';

const unitedStates: BusinessCalendar = file;

/** What no rule gives: days of mourning. */
const decreed = ['2025-01-09'];

const sunday = 0;
const monday = 1;
const thursday = 4;
const saturday = 6;

/** The nth such weekday of a month. */
function nth(weekday: number, n: number, year: number, month: number): string {
  const first = dateOf(year, month, 1);
  return plusDays(first, ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1));
}

/** A holiday on a Saturday is observed on the Friday before, on a Sunday on the Monday after (NYSE rule 7.2). */
function observed(day: string): string {
  if (weekdayOf(day) === saturday) return plusDays(day, -1);
  return weekdayOf(day) === sunday ? plusDays(day, 1) : day;
}

/** New Year's Day on a Saturday is not observed: the Friday ends a year's accounts. */
function newYearsDays(year: number): readonly string[] {
  const day = dateOf(year, 1, 1);
  return weekdayOf(day) === saturday ? [] : [observed(day)];
}

/** Easter Sunday by the anonymous Gregorian computation. */
function easter(year: number): string {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const ofCentury = year % 100;
  const moon = (19 * golden + century - Math.floor(century / 4) - Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3) + 15) % 30;
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(ofCentury / 4) - moon - (ofCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * moon + 22 * toSunday) / 451);
  return plusDays(dateOf(year, 3, 22), moon + toSunday - 7 * late);
}

function closedIn(year: number): readonly string[] {
  return [
    ...newYearsDays(year),
    nth(monday, 3, year, 1),
    nth(monday, 3, year, 2),
    plusDays(easter(year), -2),
    plusDays(nth(monday, 1, year, 6), -7),
    observed(dateOf(year, 6, 19)),
    observed(dateOf(year, 7, 4)),
    nth(monday, 1, year, 9),
    nth(thursday, 4, year, 11),
    observed(dateOf(year, 12, 25)),
    ...decreed.filter((day) => day.startsWith(String(year))),
  ].sort();
}

test('the file is of its form', () => {
  const path = new URL('../../../../pipelines/shared/calendars/unitedStates.json', import.meta.url);
  expectWellFormed(unitedStates, 'unitedStates.json', readFileSync(path, 'utf8'));
});

test.each(yearsOf(unitedStates))('the closed days of %i are those of the rules, and of days of mourning', (year) => {
  expect(Object.keys(unitedStates.closed).filter((day) => day.startsWith(String(year)))).toEqual(closedIn(year));
});

test('Easter is dated as the churches date it', () => {
  expect([2008, 2011, 2024, 2025, 2026, 2027, 2038].map(easter)).toEqual([
    '2008-03-23',
    '2011-04-24',
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2038-04-25',
  ]);
});
