import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { fullYears } from '../../../pipelines/shared/fullYears.ts';

test.each([
  ['2024-10-01', '2026-10-01', 2],
  ['2024-10-02', '2026-10-01', 1],
  ['2024-09-30', '2026-10-01', 2],
  ['2026-10-01', '2026-10-01', 0],
  ['2026-12-01', '2026-10-01', 0],
  ['2016-10-01', '2026-10-01', 10],
  ['2016-10-02', '2026-10-01', 9],
  ['2024-02-29', '2026-02-28', 1],
  ['2024-02-29', '2026-03-01', 2],
  ['2024-02-29', '2028-02-28', 3],
  ['2024-02-29', '2028-02-29', 4],
])('from %s to %s are %i full years', (from, to, years) => {
  expect(fullYears(from, to)).toBe(years);
});

test('agrees with a calendar on every first of a month', () => {
  const day = fc
    .date({ min: new Date('1950-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
  fc.assert(
    fc.property(day, day, (from, any) => {
      const to = `${any.slice(0, 7)}-01`;
      const years = Temporal.PlainDate.from(from).until(to, { largestUnit: 'year' }).years;
      expect(fullYears(from, to)).toBe(Math.max(0, years));
    }),
  );
});
