import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import { isQuiet, nextAllowedAt, type QuietHours } from '../../../pipelines/shared/quietHours.ts';

const night: QuietHours = { start: '22:00', end: '08:00', zone: 'Asia/Seoul' };

function next(hours: QuietHours, now: string): string {
  return nextAllowedAt(hours, new Date(now)).toISOString().replace('.000Z', 'Z');
}

describe('in a zone without changes', () => {
  test.each([
    ['before the start', '2026-11-15T12:59:59Z', '2026-11-15T12:59:59Z'],
    ['at the start', '2026-11-15T13:00:00Z', '2026-11-15T23:00:00Z'],
    ['before midnight', '2026-11-15T14:30:00Z', '2026-11-15T23:00:00Z'],
    ['at midnight', '2026-11-15T15:00:00Z', '2026-11-15T23:00:00Z'],
    ['just before the end', '2026-11-15T22:59:59Z', '2026-11-15T23:00:00Z'],
    ['at the end', '2026-11-15T23:00:00Z', '2026-11-15T23:00:00Z'],
    ['on the last night of the year', '2026-12-31T14:00:00Z', '2026-12-31T23:00:00Z'],
  ])('hours that cross midnight: %s', (_, now, expected) => {
    expect(next(night, now)).toBe(expected);
  });

  test.each([
    ['2026-11-15T03:59:59Z', '2026-11-15T03:59:59Z'],
    ['2026-11-15T04:00:00Z', '2026-11-15T05:30:00Z'],
    ['2026-11-15T05:29:59Z', '2026-11-15T05:30:00Z'],
    ['2026-11-15T05:30:00Z', '2026-11-15T05:30:00Z'],
  ])('hours within a day: from %s', (now, expected) => {
    expect(next({ start: '13:00', end: '14:30', zone: 'Asia/Seoul' }, now)).toBe(expected);
  });

  test('seconds count, as the database writes a time', () => {
    expect(next({ start: '22:00:00', end: '08:00:30', zone: 'Asia/Seoul' }, '2026-11-15T23:00:00Z')).toBe('2026-11-15T23:00:30Z');
  });

  test('midnight as start or end belongs to the day that begins', () => {
    expect(next({ start: '00:00', end: '06:00', zone: 'UTC' }, '2026-11-15T00:00:00Z')).toBe('2026-11-15T06:00:00Z');
    expect(next({ start: '20:00', end: '00:00', zone: 'UTC' }, '2026-11-15T21:00:00Z')).toBe('2026-11-16T00:00:00Z');
  });

  test('a member who leaves only half an hour a day is reached in it', () => {
    const hours: QuietHours = { start: '09:45', end: '09:15', zone: 'Asia/Seoul' };
    expect(next(hours, '2026-11-15T00:45:00Z')).toBe('2026-11-16T00:15:00Z');
    expect(next(hours, '2026-11-16T00:44:59Z')).toBe('2026-11-16T00:44:59Z');
  });
});

test.each<[string, string | null, string | null]>([
  ['no start', null, '08:00'],
  ['no end', '22:00', null],
  ['equal start and end', '08:00', '08:00'],
  ['equal in two spellings', '08:00', '08:00:00'],
])('with %s nothing is quiet', (_, start, end) => {
  const now = new Date('2026-11-15T23:00:00Z');
  expect(nextAllowedAt({ start, end, zone: 'Asia/Seoul' }, now)).toBe(now);
  expect(isQuiet({ start, end, zone: 'Asia/Seoul' }, now)).toBe(false);
});

describe('where the clock jumps forward', () => {
  test('hours that end in the gap end with the jump', () => {
    // New York, 8 March 2026: 01:59:59 is followed by 03:00:00, at 07:00 UTC.
    expect(next({ start: '22:00', end: '02:30', zone: 'America/New_York' }, '2026-03-08T06:00:00Z')).toBe('2026-03-08T07:00:00Z');
  });

  test('hours that span the gap end by the wall clock, an hour sooner', () => {
    expect(next({ start: '22:00', end: '08:00', zone: 'Europe/Berlin' }, '2026-03-28T22:00:00Z')).toBe('2026-03-29T06:00:00Z');
  });

  test('hours that begin in the gap begin with the jump', () => {
    const hours: QuietHours = { start: '02:30', end: '04:00', zone: 'America/New_York' };
    expect(isQuiet(hours, new Date('2026-03-08T06:59:59Z'))).toBe(false);
    expect(next(hours, '2026-03-08T07:00:00Z')).toBe('2026-03-08T08:00:00Z');
  });

  test('a jump of half an hour is a jump of half an hour', () => {
    // Lord Howe, 4 October 2026: 02:00 becomes 02:30, at 15:30 UTC of the day before.
    expect(next({ start: '22:00', end: '02:15', zone: 'Australia/Lord_Howe' }, '2026-10-03T15:00:00Z')).toBe('2026-10-03T15:30:00Z');
    expect(next({ start: '22:00', end: '08:00', zone: 'Australia/Lord_Howe' }, '2026-10-03T15:00:00Z')).toBe('2026-10-03T21:00:00Z');
  });

  test('what is allowed only in the gap waits for the next day', () => {
    expect(next({ start: '02:45', end: '02:15', zone: 'America/New_York' }, '2026-03-08T06:00:00Z')).toBe('2026-03-09T06:15:00Z');
  });
});

describe('where the clock repeats an hour', () => {
  // New York, 1 November 2026: 01:00 to 02:00 comes twice, from 05:00 and from 06:00 UTC.
  const hours: QuietHours = { start: '22:00', end: '01:30', zone: 'America/New_York' };

  test.each([
    ['before the first', '2026-11-01T04:00:00Z', '2026-11-01T05:30:00Z'],
    ['allowed in the first', '2026-11-01T05:45:00Z', '2026-11-01T05:45:00Z'],
    ['quiet again in the second', '2026-11-01T06:00:00Z', '2026-11-01T06:30:00Z'],
    ['after the second', '2026-11-01T06:30:00Z', '2026-11-01T06:30:00Z'],
  ])('%s', (_, now, expected) => {
    expect(next(hours, now)).toBe(expected);
  });

  test('hours that span it last an hour longer', () => {
    expect(next({ start: '22:00', end: '08:00', zone: 'America/New_York' }, '2026-11-01T02:00:00Z')).toBe('2026-11-01T13:00:00Z');
  });
});

describe('in any zone, for any hours, from 2020 to 2030', () => {
  const zone = fc.constantFrom(
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Asia/Seoul',
    'Asia/Kolkata',
    'Africa/Casablanca',
  );
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const hours = fc.record({ start: time, end: time, zone });
  const anyInstant = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-12-31'), noInvalidDate: true });
  // Half of the instants lie within a day and a half of a change of the clock.
  const nearChange = fc.tuple(zone, anyInstant, fc.integer({ min: -129_600_000, max: 129_600_000 })).map(([place, date, offset]) => {
    const change = Temporal.Instant.fromEpochMilliseconds(date.getTime()).toZonedDateTimeISO(place).getTimeZoneTransition('next');
    return new Date((change?.epochMilliseconds ?? date.getTime()) + offset);
  });
  const instant = fc.oneof(anyInstant, nearChange);

  function isQuietByTheCalendar({ start, end, zone: place }: { start: string; end: string; zone: string }, atMs: number): boolean {
    const wall = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(place).toPlainTime().toString();
    return start <= end ? wall >= start && wall < end : wall >= start || wall < end;
  }

  test('the next allowed instant is allowed, and everything before it is quiet', () => {
    fc.assert(
      fc.property(hours, instant, (rule, now) => {
        const until = nextAllowedAt(rule, now);
        expect(isQuietByTheCalendar(rule, until.getTime())).toBe(false);
        expect(nextAllowedAt(rule, until)).toBe(until);
        const lengthMs = until.getTime() - now.getTime();
        const between = Array.from({ length: 40 }, (_, index) => now.getTime() + Math.floor((lengthMs * index) / 40));
        for (const atMs of lengthMs === 0 ? [] : [...between, until.getTime() - 1]) expect(isQuietByTheCalendar(rule, atMs)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('an instant is quiet exactly when the wall clock says so', () => {
    fc.assert(
      fc.property(hours, instant, (rule, now) => {
        expect(isQuiet(rule, now)).toBe(isQuietByTheCalendar(rule, now.getTime()));
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each<QuietHours>([
  { start: '25:00', end: '08:00', zone: 'Asia/Seoul' },
  { start: '22:00', end: '24:00', zone: 'Asia/Seoul' },
  { start: '22', end: '08:00', zone: 'Asia/Seoul' },
  { start: '22:00', end: '08:00', zone: 'Mars/Olympus' },
  { start: '22:00', end: '08:00', zone: '' },
])('refuses $start to $end in "$zone"', (hours) => {
  expect(() => nextAllowedAt(hours, new Date('2026-11-15T00:00:00Z'))).toThrow(expect.objectContaining({ code: 'undecodable' }));
});
