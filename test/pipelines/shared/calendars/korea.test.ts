import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BusinessCalendar } from '../../../../pipelines/shared/businessCalendar.ts';
import file from '../../../../pipelines/shared/calendars/korea.json' with { type: 'json' };
import { dateOf, expectWellFormed, isWeekend, plusDays, weekdayOf, yearsOf } from '../../../support/calendarRules.ts';

const korea: BusinessCalendar = file;

/** What no rule gives: elections that the law does not date, and holidays that the government adds to a year. */
const decreed = ['2024-04-10', '2024-10-01', '2025-01-27', '2025-06-03', '2026-06-03'];

/** When a holiday gets a substitute: never, when it falls on a Sunday, or on a Saturday or Sunday; the last two also for another holiday. */
type Substitute = 'never' | 'sunday' | 'weekend';

const lunar = new Intl.DateTimeFormat('en-u-ca-dangi', { timeZone: 'UTC', month: 'numeric', day: 'numeric' });

/** The day of a year on which the Korean lunar calendar shows a month and day. */
function lunarDay(year: number, month: number, day: number): string {
  for (let date = `${year}-01-01`; date <= `${year}-12-31`; date = plusDays(date, 1)) {
    const parts = lunar.formatToParts(new Date(`${date}T00:00:00Z`));
    const shown = (type: string): string | undefined => parts.find((part) => part.type === type)?.value;
    if (shown('month') === String(month) && shown('day') === String(day)) return date;
  }
  throw new Error(`${year} has no day ${day} of lunar month ${month}`);
}

/** The holidays of the Public Holidays Act and its decree, as amended up to 2026. */
function holidaysOf(year: number): readonly (readonly [day: string, Substitute])[] {
  const seollal = lunarDay(year, 1, 1);
  const chuseok = lunarDay(year, 8, 15);
  const since2026: readonly (readonly [string, Substitute])[] = [
    [dateOf(year, 5, 1), 'weekend'],
    [dateOf(year, 7, 17), 'weekend'],
  ];
  return [
    [dateOf(year, 1, 1), 'never'],
    ...[-1, 0, 1].map((days) => [plusDays(seollal, days), 'sunday'] as const),
    [dateOf(year, 3, 1), 'weekend'],
    [dateOf(year, 5, 5), 'weekend'],
    [lunarDay(year, 4, 8), 'weekend'],
    [dateOf(year, 6, 6), 'never'],
    [dateOf(year, 8, 15), 'weekend'],
    ...[-1, 0, 1].map((days) => [plusDays(chuseok, days), 'sunday'] as const),
    [dateOf(year, 10, 3), 'weekend'],
    [dateOf(year, 10, 9), 'weekend'],
    [dateOf(year, 12, 25), 'weekend'],
    ...(year >= 2026 ? since2026 : []),
  ];
}

/** The first day after each holiday that is lost which is neither weekend nor holiday. Two holidays on one day lose one. */
function withSubstitutes(year: number): Set<string> {
  const holidays = holidaysOf(year);
  const taken = new Set(holidays.map(([day]) => day));
  for (const day of [...taken].sort()) {
    const rules = holidays.filter(([other]) => other === day).map(([, substitute]) => substitute);
    const isLost = rules.some(
      (rule) =>
        (rule === 'weekend' && isWeekend(day)) || (rule === 'sunday' && weekdayOf(day) === 0) || (rule !== 'never' && rules.length > 1),
    );
    if (!isLost) continue;
    let substitute = plusDays(day, 1);
    while (taken.has(substitute) || isWeekend(substitute)) substitute = plusDays(substitute, 1);
    taken.add(substitute);
  }
  return taken;
}

/** The exchange is closed on holidays, on Labour Day also before it was one, and on the last weekday of a year. */
function closedIn(year: number): readonly string[] {
  const closed = withSubstitutes(year).add(dateOf(year, 5, 1));
  for (const day of decreed) if (day.startsWith(String(year))) closed.add(day);
  let last = dateOf(year, 12, 31);
  while (isWeekend(last)) last = plusDays(last, -1);
  return [...closed.add(last)].filter((day) => !isWeekend(day)).sort();
}

test('the file is of its form', () => {
  const path = new URL('../../../../pipelines/shared/calendars/korea.json', import.meta.url);
  expectWellFormed(korea, 'korea.json', readFileSync(path, 'utf8'));
});

test.each(yearsOf(korea))('the closed days of %i are those of the law, of decrees, and of the exchange', (year) => {
  expect(Object.keys(korea.closed).filter((day) => day.startsWith(String(year)))).toEqual(closedIn(year));
});

test.each([
  ['Seollal', 1, 1, ['2024-02-10', '2025-01-29', '2026-02-17', '2027-02-07']],
  ["Buddha's Birthday", 4, 8, ['2024-05-15', '2025-05-05', '2026-05-24', '2027-05-13']],
  ['Chuseok', 8, 15, ['2024-09-17', '2025-10-06', '2026-09-25', '2027-09-15']],
] as const)('the lunar calendar of this Node dates %s as the almanac does', (_, month, day, dates) => {
  expect(yearsOf(korea).map((year) => lunarDay(year, month, day))).toEqual(dates);
});
