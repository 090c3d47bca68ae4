import { expect, test } from 'vitest';
import { asOfText, tellAsOf, type AsOfLog } from '../../../pipelines/billing/asOf.ts';

/** 20:46 in Seoul. */
const asOf = new Date('2026-11-21T11:46:00Z');
const later = (minutes: number): Date => new Date(asOf.getTime() + minutes * 60_000);

function aLog(): AsOfLog & { readonly lines: object[] } {
  const lines: object[] = [];
  return {
    lines,
    info: (_, fields) => void lines.push({ info: fields }),
    warn: (_, fields) => void lines.push({ warn: fields }),
  };
}

test.each([
  [0, 'now'],
  [0.4, 'now'],
  [-0.4, 'now'],
  [1, '1 min ago'],
  [59, '59 min ago'],
  [60, '1 h ago'],
  [540.5, '9 h ago'],
  [-540 + 0.5, 'in 9 h'],
  [-180, 'in 3 h'],
  [47 * 60, '47 h ago'],
  [72 * 60, '3 d ago'],
])('a time of Seoul is told with how far it is, %d minutes later', (minutes, distance) => {
  expect(asOfText(asOf, later(minutes))).toBe(`2026-11-21 20:46 Seoul (${distance})`);
});

test.each([-1, 0, 1, 60])('a time of %d minutes ago is told', (minutes) => {
  const log = aLog();
  tellAsOf(asOf, later(minutes), log);
  expect(log.lines).toEqual([{ info: { key: '2026-11-21T20:46', asOf: asOfText(asOf, later(minutes)) } }]);
});

test('a time of more than an hour ago is warned of: the figures of UTC, taken for those of Seoul, are nine hours old', () => {
  const log = aLog();
  tellAsOf(asOf, later(540), log);
  expect(log.lines).toEqual([{ warn: { key: '2026-11-21T20:46', asOf: '2026-11-21 20:46 Seoul (9 h ago)' } }]);
});

test('a time of more than a minute ahead is refused, and the sentence says what Seoul’s clocks show', () => {
  const log = aLog();
  expect(() => tellAsOf(asOf, later(-1.01), log)).toThrow(expect.objectContaining({ code: 'invalidKey' }));
  expect(() => tellAsOf(asOf, later(-180), log)).toThrow(
    "2026-11-21 20:46 Seoul (in 3 h) has not come: the key is a minute of Seoul's clocks, which show 2026-11-21T17:46 now.",
  );
  expect(log.lines).toEqual([]);
});
