import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import { isTimeZone, stretchAt } from '../../../pipelines/shared/zoneStretch.ts';

test('a stretch reaches from one change of the clock to the next', () => {
  const winter = { fromMs: Date.UTC(2026, 9, 25, 1), untilMs: Date.UTC(2027, 2, 28, 1), offsetMs: 3_600_000 };
  expect(stretchAt('Europe/Berlin', Date.UTC(2026, 11, 1))).toEqual(winter);
  expect(stretchAt('Europe/Berlin', winter.fromMs)).toEqual(winter);
  expect(stretchAt('Europe/Berlin', winter.untilMs - 1)).toEqual(winter);
  expect(stretchAt('Europe/Berlin', winter.untilMs).fromMs).toBe(winter.untilMs);
});

test('a zone without changes to come has a stretch without end', () => {
  expect(stretchAt('Asia/Seoul', Date.UTC(2026, 0, 1))).toMatchObject({ untilMs: Infinity, offsetMs: 32_400_000 });
  expect(stretchAt('UTC', 0)).toEqual({ fromMs: -Infinity, untilMs: Infinity, offsetMs: 0 });
});

test('offsets stay right however many stretches and zones were asked for', () => {
  const zone = fc.constantFrom('America/New_York', 'Australia/Lord_Howe', 'Europe/London', 'America/Santiago', 'Asia/Kathmandu');
  fc.assert(
    fc.property(zone, fc.integer({ min: Date.UTC(1960, 0), max: Date.UTC(2040, 0) }), (place, atMs) => {
      const offset = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(place).offsetNanoseconds / 1_000_000;
      expect(stretchAt(place, atMs).offsetMs).toBe(offset);
    }),
    { numRuns: 1_000 },
  );
});

test('knows which zones exist', () => {
  expect(isTimeZone('Asia/Seoul')).toBe(true);
  expect(isTimeZone('Asia/Seoull')).toBe(false);
  expect(isTimeZone('__proto__')).toBe(false);
});
