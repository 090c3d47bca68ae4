import { WeirError } from '../../src/errors.ts';
import { isOpen, type BusinessCalendar } from './businessCalendar.ts';
import koreaFile from './calendars/korea.json' with { type: 'json' };
import unitedStatesFile from './calendars/unitedStates.json' with { type: 'json' };
import { stretchAt } from './zoneStretch.ts';

const korea: BusinessCalendar = koreaFile;
const unitedStates: BusinessCalendar = unitedStatesFile;

/** Markets that fills come from, by their codes of ISO 10383. A schema names them with `z.enum(markets)`. */
export const markets = ['XKRX', 'XNYS', 'XNAS'] as const;

export type Market = (typeof markets)[number];

const calendars: Readonly<Record<Market, BusinessCalendar>> = { XKRX: korea, XNYS: unitedStates, XNAS: unitedStates };

/** How many days on which both sides are open a trade takes to settle. */
const daysToSettle = 2;

const dayMs = 86_400_000;

/**
 * The last day that every calendar covers, `YYYY-MM-DD`. The trades of its last few days settle after it, so the next year has to
 * be there some days before.
 */
export const lastCoveredDay = `${Math.min(korea.lastYear, unitedStates.lastYear)}-12-31`;

/** The date that the exchange's own clocks showed at an instant, `YYYY-MM-DD`: an evening in New York is the next day in Seoul. */
export function tradeDay(market: Market, executedAt: Date): string {
  const atMs = executedAt.getTime();
  return dayAt(atMs + stretchAt(calendars[market].zone, atMs).offsetMs);
}

// Settlement days that were asked for. Fills come in thousands with the same trade day; only days of the years covered get in.
const known = new Map<string, string>();

/**
 * The day on which a trade settles: the second after its trade day on which both its market and Korea's are open.
 *
 * Always later than the trade day, and no earlier for a later one. Days of trading count, also those on which only banks are closed
 * (Columbus Day). A trade day on which its market was closed is counted from like any other. `notFound` where a day on the way lies outside the years that a calendar covers (see `isOpen`); `undecodable` for what is
 * no date.
 */
export function settlementDay(market: Market, tradedOn: string): string {
  const key = `${market} ${tradedOn}`;
  let day = known.get(key);
  if (day === undefined) known.set(key, (day = countDays(calendars[market], tradedOn)));
  return day;
}

function countDays(market: BusinessCalendar, tradedOn: string): string {
  let atMs = midnightOf(tradedOn);
  for (let open = 0; open < daysToSettle;) {
    atMs += dayMs;
    const day = dayAt(atMs);
    if (isOpen(korea, day) && isOpen(market, day)) open++;
  }
  return dayAt(atMs);
}

/** Dates are counted in UTC, where every day has 24 hours. */
function midnightOf(day: string): number {
  const atMs = Date.parse(`${day}T00:00:00Z`);
  // A date that does not exist (30 February) is read as another one.
  if (Number.isNaN(atMs) || dayAt(atMs) !== day) {
    throw new WeirError('undecodable', `tradedOn: expected a date as YYYY-MM-DD, got ${JSON.stringify(day.slice(0, 40))}.`);
  }
  return atMs;
}

function dayAt(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
