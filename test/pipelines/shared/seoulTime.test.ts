import { expect, test } from 'vitest';
import { parseSeoulDay, parseSeoulMinute } from '../../../pipelines/shared/seoulTime.ts';

test('a minute of Seoul is nine hours before the same figures of UTC', () => {
  expect(parseSeoulMinute('2026-11-22T05:46')).toEqual(new Date('2026-11-21T20:46:00Z'));
});

test('a day is itself', () => {
  expect(parseSeoulDay('2028-02-29')).toBe('2028-02-29');
});

test.each(['2026-02-30T00:00', '2026-11-21', '2026-11-21T24:00', '2026-11-21T20:46Z', '2026-11-21 20:46', 'now', ''])(
  '%j is not a minute',
  (text) => {
    expect(() => parseSeoulMinute(text)).toThrow(`Expected a minute as YYYY-MM-DDTHH:MM, got ${JSON.stringify(text)}.`);
  },
);

test.each(['2026-02-30', '2026-11', '2026-11-21T20:46', 'today', ''])('%j is not a day', (text) => {
  expect(() => parseSeoulDay(text)).toThrow(`Expected a date as YYYY-MM-DD, got ${JSON.stringify(text)}.`);
});
