import { Cron } from 'croner';
import { WeirError } from '../../errors.ts';

/** When a pattern fires. */
export interface FireTimes {
  /** The first fire time after an instant; undefined when none comes any more. */
  after(instant: Date): Date | undefined;
}

/** Any pattern that ever fires has done so within a few years of this. */
const longAgo = new Date(0);

/**
 * The fire times of five cron fields (minute, hour, day of month, month, day of week) on the wall clock of a zone; `L` is the last
 * day of a month. Throws `invalidOption` for what is none, and for what never comes (30 February).
 *
 * Where clocks are put forward, times in the gap fire once, at its end; where they are put back, a time that comes twice fires
 * once, the first time. That goes for patterns that name their minutes and hours. Those with `*` or a step in one of the two are
 * intervals: they fire whenever the clock shows such a time, so not within a gap, and twice where an hour is repeated.
 *
 * A day of month and a day of week are refused together: some programs fire when both hold, others when one does.
 */
export function fireTimes(cron: string, zone: string): FireTimes {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) throw invalid(cron, zone, 'expected five fields: minute, hour, day of month, month, day of week');
  if (!isEvery(fields[2]) && !isEvery(fields[4])) throw invalid(cron, zone, 'expected a day of month or a day of week, not both');
  const { times, first } = read(cron, zone);
  if (first === null) throw invalid(cron, zone, 'it never comes');
  return { after: (instant) => times.nextRun(instant) ?? undefined };
}

function isEvery(field: string | undefined): boolean {
  return field === '*' || field === '?';
}

/** The pattern, and its first time: an unknown zone is found out only when it is asked for one. */
function read(cron: string, zone: string): { readonly times: Cron; readonly first: Date | null } {
  try {
    const times = new Cron(cron, { timezone: zone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
    return { times, first: times.nextRun(longAgo) };
  } catch (error) {
    throw invalid(cron, zone, error instanceof Error ? error.message : 'it cannot be read');
  }
}

function invalid(cron: string, zone: string, why: string): WeirError {
  return new WeirError('invalidOption', `"${cron}" (${zone}) is no schedule: ${why}`);
}
