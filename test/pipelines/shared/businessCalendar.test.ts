import { expect, test } from 'vitest';
import { isOpen, type BusinessCalendar } from '../../../pipelines/shared/businessCalendar.ts';

const calendar: BusinessCalendar = {
  name: 'atlantis',
  zone: 'UTC',
  source: 'made up',
  firstYear: 2024,
  lastYear: 2025,
  closed: { '2024-01-01': 'First Day', '2024-02-29': 'Leap Day', '2025-12-31': 'Last Day' },
};

test.each([
  ['a Monday', '2024-01-08', true],
  ['a Friday', '2024-01-12', true],
  ['a Saturday', '2024-01-13', false],
  ['a Sunday', '2024-01-14', false],
  ['a holiday, the first day that is covered', '2024-01-01', false],
  ['a holiday on a leap day', '2024-02-29', false],
  ['the day after', '2024-03-01', true],
  ['the same date of another year', '2025-01-01', true],
  ['a holiday, the last day that is covered', '2025-12-31', false],
])('%s', (_, day, open) => {
  expect(isOpen(calendar, day)).toBe(open);
});

test.each([
  ...['2026-01-01', '2099-06-01'].map((day) => [day, 'add its year, then replay'] as const),
  ...['2023-12-31', 'NaN-01-01', ''].map((day) => [day, 'ask whoever sent it'] as const),
])('%j is neither open nor closed, nobody knows: %s', (day, advice) => {
  expect(() => isOpen(calendar, day)).toThrow(
    expect.objectContaining({
      code: 'notFound',
      kind: 'permanent',
      message: `pipelines/shared/calendars/atlantis.json covers 2024 to 2025, and ${day} is not in it: ${advice}.`,
    }),
  );
});
