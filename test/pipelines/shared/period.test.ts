import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addMonths,
  dayOf,
  firstDay,
  lastDay,
  parsePeriod,
  periodOf,
  previousPeriod,
  type Period,
} from '../../../pipelines/shared/period.ts';

test.each(['2026-00', '2026-13', '2026-1', '26-11', '2026-11-01', '2026/11', '', ' 2026-11', '0026-11'])(
  'refuses "%s" as a month',
  (text) => {
    expect(() => parsePeriod(text)).toThrow(expect.objectContaining({ code: 'invalidKey' }));
  },
);

test('a month begins on its first day and ends on its last', () => {
  expect(firstDay('2026-11')).toBe('2026-11-01');
  expect(dayOf('2026-11', 5)).toBe('2026-11-05');
  expect(dayOf('2026-11', 15)).toBe('2026-11-15');
  expect(['2026-02', '2028-02', '2000-02', '2100-02', '2026-04', '2026-12'].map((month) => lastDay(parsePeriod(month)))).toEqual([
    '2026-02-28',
    '2028-02-29',
    '2000-02-29',
    '2100-02-28',
    '2026-04-30',
    '2026-12-31',
  ]);
});

test('months go over the turn of the year', () => {
  expect(previousPeriod('2026-01')).toBe('2025-12');
  expect(addMonths('2026-12', 1)).toBe('2027-01');
  expect(addMonths('2026-01', -13)).toBe('2024-12');
});

test('the month of a date is its beginning', () => {
  expect(periodOf('2026-11-30')).toBe('2026-11');
  expect(periodOf('2026-11-01 00:00:00')).toBe('2026-11');
});

test('going forward and back leads to the same month', () => {
  const month = fc
    .tuple(fc.integer({ min: 1_900, max: 2_100 }), fc.integer({ min: 1, max: 12 }))
    .map(([year, number]): Period => parsePeriod(`${year}-${String(number).padStart(2, '0')}`));
  fc.assert(
    fc.property(month, fc.integer({ min: -500, max: 500 }), (start, months) => {
      expect(addMonths(addMonths(start, months), -months)).toBe(start);
      expect(addMonths(start, months) > start).toBe(months > 0);
    }),
  );
});
