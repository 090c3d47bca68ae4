import { assert, constantFrom, integer, property, record, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fireTimes } from '../../../src/runtime/schedules/fireTimes.ts';
import { instantsOf, type NamedTimes } from './wallClock.ts';

const zones = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Seoul', 'Asia/Kolkata', 'Africa/Cairo'];

/** The fire times after one instant, up to another. */
function between(cron: string, zone: string, from: Date, until: Date): readonly Date[] {
  const times = fireTimes(cron, zone);
  const fires: Date[] = [];
  for (let next = times.after(from); next !== undefined && next <= until; next = times.after(next)) fires.push(next);
  return fires;
}

/** Those of the days around one, as the zone's clocks would be written with their offset. */
function around(cron: string, zone: string, day: string): readonly string[] {
  const noon = new Date(`${day}T12:00:00Z`).getTime();
  return between(cron, zone, new Date(noon - 86_400_000), new Date(noon + 86_400_000)).map((fire) => fire.toISOString().slice(5, 16));
}

interface Days {
  readonly fields: readonly [dayOfMonth: string, month: string, dayOfWeek: string];
  readonly isDay: NamedTimes['isDay'];
}

const days: readonly Days[] = [
  { fields: ['*', '*', '*'], isDay: () => true },
  { fields: ['1', '*', '*'], isDay: ({ day }) => day === 1 },
  { fields: ['15,21', '*', '*'], isDay: ({ day }) => day === 15 || day === 21 },
  { fields: ['29-31', '*', '*'], isDay: ({ day }) => day >= 29 },
  { fields: ['L', '*', '*'], isDay: ({ day, daysInMonth }) => day === daysInMonth },
  { fields: ['29', '2', '*'], isDay: ({ day, month }) => day === 29 && month === 2 },
  { fields: ['*', '*', '0'], isDay: ({ dayOfWeek }) => dayOfWeek === 7 },
  { fields: ['*', '3,4,10,11', '0,6'], isDay: ({ dayOfWeek, month }) => dayOfWeek >= 6 && [3, 4, 10, 11].includes(month) },
];

describe('fireTimes', () => {
  it('fires named times on every day that has them, at the end of a gap, and once where they come twice', () => {
    const named = record({
      zone: constantFrom(...zones),
      hours: uniqueArray(integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }),
      minutes: uniqueArray(integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 2 }),
      day: constantFrom(...days),
      year: integer({ min: 2020, max: 2030 }),
    });
    assert(
      property(named, ({ zone, hours, minutes, day, year }) => {
        const from = new Date(Date.UTC(year, 0, 1));
        const until = new Date(Date.UTC(year + 1, 0, 1));
        const times = hours.flatMap((hour) => minutes.map((minute) => `${two(hour)}:${two(minute)}`));
        const cron = [minutes.join(','), hours.join(','), ...day.fields].join(' ');
        expect(between(cron, zone, from, until)).toEqual(instantsOf({ zone, times, isDay: day.isDay }, from, until));
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('fires intervals of minutes at every such minute of elapsed time, through gaps and repeated hours', () => {
    const intervals = record({ zone: constantFrom(...zones), minutes: constantFrom(5, 15, 30), day: integer({ min: 0, max: 4_017 }) });
    assert(
      property(intervals, ({ zone, minutes, day }) => {
        const from = new Date(Date.UTC(2020, 0, 1 + day));
        const until = new Date(from.getTime() + 2 * 86_400_000);
        const step = minutes * 60_000;
        const expected = Array.from(
          { length: (until.getTime() - from.getTime()) / step },
          (_, index) => new Date(from.getTime() + (index + 1) * step),
        );
        expect(between(`*/${minutes} * * * *`, zone, from, until)).toEqual(expected);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it.each([
    ['a time in the gap fires at its end', '30 2 * * *', 'America/New_York', '2026-03-08', ['03-08T07:00', '03-09T06:30']],
    [
      'all times in one gap fire once',
      '0,15,30,45 2 * * *',
      'Europe/Berlin',
      '2026-03-29',
      ['03-29T01:00', '03-30T00:00', '03-30T00:15', '03-30T00:30', '03-30T00:45'],
    ],
    ['a gap of half an hour', '15 2 * * *', 'Australia/Lord_Howe', '2026-10-03', ['10-02T15:45', '10-03T15:30']],
    ['a time that comes twice fires the first time', '30 1 * * *', 'America/New_York', '2026-11-01', ['11-01T05:30', '11-02T06:30']],
    ['half an hour that comes twice', '45 1 * * *', 'Australia/Lord_Howe', '2026-04-04', ['04-03T14:45', '04-04T14:45']],
    ['hours with * fire twice where one comes twice', '30 * 1 11 *', 'America/New_York', '2026-11-01', hours(4, 29)],
  ])('%s', (_what, cron, zone, day, expected) => {
    expect(around(cron, zone, day)).toEqual(expected);
  });

  it('goes on behind a fire at the end of a gap', () => {
    expect(fireTimes('30 2 * * *', 'America/New_York').after(new Date('2026-03-08T07:00:00Z'))).toEqual(new Date('2026-03-09T06:30:00Z'));
  });

  it.each([
    ['', 'five fields'],
    ['0 0 1 *', 'five fields'],
    ['0 0 0 1 * *', 'five fields'],
    ['@daily', 'five fields'],
    ['2026-01-01T00:00:00', 'five fields'],
    ['61 0 1 * *', 'minute'],
    ['0 0 1 * MON', 'not both'],
    ['0 0 30 2 *', 'never comes'],
    ['H 0 1 * *', 'illegal'],
  ])('refuses "%s"', (cron, why) => {
    expect(() => fireTimes(cron, 'Asia/Seoul')).toThrow(
      expect.objectContaining({ code: 'invalidOption', message: expect.stringContaining(why) as string }),
    );
  });

  it('refuses a zone that there is not', () => {
    expect(() => fireTimes('0 0 1 * *', 'Mars/Olympus')).toThrow(/Mars\/Olympus/);
  });
});

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** Half past each hour of UTC, from one to another, on 1 and 2 November. */
function hours(from: number, until: number): readonly string[] {
  return Array.from({ length: until - from }, (_, index) => {
    const hour = from + index;
    return `11-0${hour < 24 ? 1 : 2}T${two(hour % 24)}:30`;
  });
}
