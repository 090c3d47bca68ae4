import { WeirError } from '../../src/errors.ts';

/**
 * On which days the exchanges of a country are open: every weekday of the years covered that is not listed as closed. Written
 * by hand from what the exchange publishes, a file each in `calendars/`; a test compares it with the rules of its holidays.
 */
export interface BusinessCalendar {
  /** The name of its file, without ending. */
  readonly name: string;
  /** IANA zone whose clock dates its trades. */
  readonly zone: string;
  /** Who publishes these days, and where. */
  readonly source: string;
  /** The years covered, first and last included. */
  readonly firstYear: number;
  readonly lastYear: number;
  /** Weekdays without trading, `YYYY-MM-DD`, with the reason; a day that closes early is open and not listed. */
  readonly closed: Readonly<Record<string, string>>;
}

const saturday = 6;
const sunday = 0;

/**
 * Whether the exchanges are open on a day, `YYYY-MM-DD`.
 *
 * A day outside the years covered is no business day and no holiday: nobody knows, and a guess would pay on a wrong day. So it is
 * `notFound`, with the file and its years. That is permanent: trying again helps nobody before a version with that year runs, and
 * a fill that is dated wrongly must hold up no other. Its message is put aside, and replayed once the year is there.
 */
export function isOpen(calendar: BusinessCalendar, day: string): boolean {
  const { name, firstYear, lastYear, closed } = calendar;
  const year = Number(day.slice(0, 4));
  if (!(year >= firstYear && year <= lastYear)) {
    const advice = year > lastYear ? 'add its year, then replay' : 'ask whoever sent it';
    const file = `pipelines/shared/calendars/${name}.json`;
    throw new WeirError('notFound', `${file} covers ${firstYear} to ${lastYear}, and ${day} is not in it: ${advice}.`);
  }
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday !== saturday && weekday !== sunday && !Object.hasOwn(closed, day);
}
