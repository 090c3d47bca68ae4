import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isOpen, type BusinessCalendar } from '../../../pipelines/shared/businessCalendar.ts';
import korea from '../../../pipelines/shared/calendars/korea.json' with { type: 'json' };
import unitedStates from '../../../pipelines/shared/calendars/unitedStates.json' with { type: 'json' };
import { lastCoveredDay, markets, settlementDay, tradeDay, type Market } from '../../../pipelines/shared/market.ts';
import { expectation } from '../../../src/expectation.ts';
import { daysBetween, plusDays } from '../../support/calendarRules.ts';

describe('the trade day is the date on the clocks of the exchange', () => {
  test.each<[what: string, market: Market, executedAt: string, day: string]>([
    ['the opening in Seoul is the same date in UTC', 'XKRX', '2026-11-16T00:00:00Z', '2026-11-16'],
    ['before nine in the morning Seoul is a day ahead of UTC', 'XKRX', '2026-11-15T23:59:59Z', '2026-11-16'],
    ['the opening in New York is a late evening in Seoul', 'XNYS', '2026-11-16T14:30:00Z', '2026-11-16'],
    ['an afternoon in New York is the next day in Seoul', 'XNYS', '2026-11-16T20:59:59Z', '2026-11-16'],
    ['an evening in New York is the next day in UTC too', 'XNAS', '2026-11-17T00:30:00Z', '2026-11-16'],
    ['on a Friday evening in New York Seoul has Saturday', 'XNAS', '2026-11-20T20:00:00Z', '2026-11-20'],
    ['the last millisecond of a winter day in New York', 'XNYS', '2026-01-16T04:59:59.999Z', '2026-01-15'],
    ['midnight of a winter day in New York', 'XNYS', '2026-01-16T05:00:00Z', '2026-01-16'],
    ['the last millisecond of a summer day in New York', 'XNYS', '2026-07-16T03:59:59.999Z', '2026-07-15'],
    ['midnight of a summer day in New York', 'XNYS', '2026-07-16T04:00:00Z', '2026-07-16'],
    ['midnight at the start of the day on which the clock jumps ahead', 'XNYS', '2026-03-08T05:00:00Z', '2026-03-08'],
    ['the last millisecond of that day, which has 23 hours', 'XNYS', '2026-03-09T03:59:59.999Z', '2026-03-08'],
    ['midnight after it', 'XNYS', '2026-03-09T04:00:00Z', '2026-03-09'],
    ['midnight at the start of the day on which an hour is repeated', 'XNYS', '2026-11-01T04:00:00Z', '2026-11-01'],
    ['the last millisecond of that day, which has 25 hours', 'XNYS', '2026-11-02T04:59:59.999Z', '2026-11-01'],
    ['midnight after it', 'XNYS', '2026-11-02T05:00:00Z', '2026-11-02'],
    ["New Year's Eve in New York", 'XNYS', '2027-01-01T04:59:59Z', '2026-12-31'],
    ['a leap day in New York', 'XNAS', '2024-03-01T04:00:00Z', '2024-02-29'],
  ])('%s', (_, market, executedAt, day) => {
    expect(tradeDay(market, new Date(executedAt))).toBe(day);
  });
});

describe('a trade settles on the second day on which both sides are open', () => {
  test.each<[what: string, market: Market, tradedOn: string, settles: string]>([
    ['Monday to Wednesday', 'XNYS', '2026-11-16', '2026-11-18'],
    ['Wednesday to Friday', 'XNYS', '2026-11-18', '2026-11-20'],
    ['Thursday over a weekend', 'XNYS', '2026-11-12', '2026-11-16'],
    ['Friday over a weekend', 'XNAS', '2026-11-13', '2026-11-17'],
    ['a Saturday counts from itself', 'XNYS', '2026-11-14', '2026-11-17'],
    ['a Sunday does too', 'XNYS', '2026-11-15', '2026-11-17'],
    ['at home over a weekend', 'XKRX', '2026-11-13', '2026-11-17'],
    ['a long weekend in New York (Labor Day)', 'XNYS', '2026-09-04', '2026-09-09'],
    ['the same days at home', 'XKRX', '2026-09-04', '2026-09-08'],
    ['before Thanksgiving', 'XNYS', '2026-11-25', '2026-11-30'],
    ['the same days at home', 'XKRX', '2026-11-25', '2026-11-27'],
    ['two days before Thanksgiving', 'XNYS', '2026-11-24', '2026-11-27'],
    ['the day after Thanksgiving is open, though it ends early', 'XNYS', '2026-11-27', '2026-12-01'],
    ['Columbus Day is open, though banks are closed', 'XNYS', '2026-10-12', '2026-10-14'],
    ['over the whole week of Chuseok', 'XNYS', '2025-10-01', '2025-10-10'],
    ['on the last day before that week', 'XNYS', '2025-10-02', '2025-10-13'],
    ['on a day in the middle of it', 'XNYS', '2025-10-07', '2025-10-13'],
    ['at home over that week', 'XKRX', '2025-10-02', '2025-10-13'],
    ['over Seollal with a weekend and Washington’s Birthday', 'XNYS', '2026-02-12', '2026-02-19'],
    ['on a day on which only Korea is closed', 'XNYS', '2026-06-03', '2026-06-05'],
    ['before Constitution Day, which is a holiday again', 'XNYS', '2026-07-15', '2026-07-20'],
    ['the year before it was none', 'XNYS', '2025-07-15', '2025-07-17'],
    ['over a day of mourning', 'XNAS', '2025-01-08', '2025-01-13'],
    ['over the leap day', 'XNYS', '2024-02-27', '2024-02-29'],
    ['before the leap day, and over the first of March', 'XNYS', '2024-02-28', '2024-03-04'],
    ['on the leap day', 'XNYS', '2024-02-29', '2024-03-05'],
    ['before the end of the year', 'XNYS', '2026-12-29', '2027-01-04'],
    ['on the last day of trading in Seoul', 'XKRX', '2026-12-30', '2027-01-05'],
    ['on the last day of trading in New York', 'XNYS', '2026-12-31', '2027-01-05'],
    ["on New Year's Day", 'XNYS', '2027-01-01', '2027-01-05'],
    ['over the change of the clock', 'XNYS', '2026-03-06', '2026-03-10'],
    ['on the first day that is covered', 'XNYS', '2024-01-01', '2024-01-03'],
    ['up to the last day that both are open', 'XNYS', '2027-12-28', '2027-12-30'],
  ])('%s', (_, market, tradedOn, settles) => {
    expect(settlementDay(market, tradedOn)).toBe(settles);
  });

  test.each<[market: Market, tradedOn: string]>([
    ['XKRX', lastCoveredDay],
    ['XNYS', lastCoveredDay],
    ['XNAS', plusDays(lastCoveredDay, -1)],
    ['XNYS', '2099-06-01'],
    ['XNYS', '2023-12-29'],
  ])('a trade of %s on %s needs a day that no calendar has, which is said each time', (market, tradedOn) => {
    for (let time = 0; time < 2; time++) {
      expect(() => settlementDay(market, tradedOn)).toThrow(
        expect.objectContaining({
          code: 'notFound',
          message: expect.stringMatching(
            /^pipelines\/shared\/calendars\/\w+\.json covers 2024 to 20\d\d, and \d{4}-\d\d-\d\d is/,
          ) as string,
        }),
      );
    }
  });

  test.each(['2026-02-30', '2026-11', '2026-11-16T00:00', 'today', ''])('%j is no date', (tradedOn) => {
    expect(() => settlementDay('XNYS', tradedOn)).toThrow(
      expect.objectContaining({
        code: 'undecodable',
        message: `tradedOn: expected a date as YYYY-MM-DD, got ${JSON.stringify(tradedOn)}.`,
      }),
    );
  });

  test('whatever the market and the day', () => {
    const calendars: Readonly<Record<Market, BusinessCalendar>> = { XKRX: korea, XNYS: unitedStates, XNAS: unitedStates };
    // From the first day that is covered to the last but one whose trades settle before the calendars end.
    const day = fc.integer({ min: 0, max: daysBetween('2024-01-01', '2027-12-27') }).map((days) => plusDays('2024-01-01', days));
    fc.assert(
      fc.property(fc.constantFrom(...markets), day, (market, tradedOn) => {
        const settles = settlementDay(market, tradedOn);
        const isBothOpen = (date: string): boolean => isOpen(korea, date) && isOpen(calendars[market], date);
        expect(settles > tradedOn).toBe(true);
        expect(isBothOpen(settles)).toBe(true);
        let between = 0;
        for (let date = plusDays(tradedOn, 1); date < settles; date = plusDays(date, 1)) if (isBothOpen(date)) between++;
        expect(between).toBe(1);
        expect(settlementDay(market, plusDays(tradedOn, 1)) >= settles).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('a market that is not known is named by its field, with those that are', () => {
  const { error } = z.object({ market: z.enum(markets) }).safeParse({ market: 'XTKS' });
  expect(expectation(error)).toBe('market: expected one of "XKRX"|"XNYS"|"XNAS"');
});

test('the calendars end with the last day that all of them cover', () => {
  const covering = (day: string): number =>
    [korea, unitedStates].filter(({ firstYear, lastYear }) => day >= `${firstYear}-01-01` && day <= `${lastYear}-12-31`).length;
  expect(covering(lastCoveredDay)).toBe(2);
  expect(covering(plusDays(lastCoveredDay, 1))).toBeLessThan(2);
});
