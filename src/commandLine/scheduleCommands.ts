import { WeirError } from '../errors.ts';
import { comingFires } from '../runtime/schedules/comingFires.ts';
import { listSchedules, type ScheduleView } from '../runtime/schedules/listSchedules.ts';
import { print, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { instantText } from './instantText.ts';
import { onDatabase } from './onDatabase.ts';
import { knownSchedules } from './knownSchedules.ts';
import { table } from './table.ts';

export interface NextFlags extends CommonFlags {
  readonly count: string;
}

/** `weir schedule list`: the schedules as they are in force, their next and last fires. */
export async function listSchedulesCommand<P>(place: Place<P>, flags: CommonFlags): Promise<ExitCode> {
  const views = await viewsOf(place, flags);
  print(place, flags, views, () => scheduleTable(views, place.clock.now()));
  return exitCodes.ok;
}

/** `weir schedule next`: what fires next, and the runs that it opens. */
export async function nextFiresCommand<P>(place: Place<P>, flags: NextFlags): Promise<ExitCode> {
  if (!/^[1-9]\d{0,3}$/.test(flags.count)) throw new WeirError('invalidKey', `--count takes 1 to 9999, got "${flags.count}"`);
  const views = await viewsOf(place, flags);
  const fires = comingFires(views, place.systems.schedules, Number(flags.count));
  const now = place.clock.now();
  print(place, flags, fires, () =>
    table(
      ['fires at', 'schedule', 'run', 'paused'],
      fires.map(({ fireAt, zone, schedule, job, key, pausedBy }) => [
        ...[fireText(fireAt, zone, now), schedule, `${job}:${key}`],
        pausedBy === null ? undefined : `by ${pausedBy}`,
      ]),
    ),
  );
  return exitCodes.ok;
}

function viewsOf<P>(place: Place<P>, flags: CommonFlags): Promise<readonly ScheduleView[]> {
  return onDatabase(place, flags, (database, options) => {
    return listSchedules(database, knownSchedules(place.systems.schedules, options), place.clock.now());
  });
}

function scheduleTable(views: readonly ScheduleView[], now: Date): string {
  return table(
    ['schedule', 'job', 'pattern', 'zone', 'state', 'next', 'last', 'became', 'run'],
    views.map(({ name, job, cron, zone, isEnabled, firstSeenAt, nextFireAt, lastFire, pause }) => [
      name,
      job,
      cron,
      zone,
      stateText({ isEnabled, firstSeenAt, pause }),
      isEnabled && nextFireAt ? fireText(nextFireAt, zone, now) : undefined,
      lastFire && inBoth(lastFire.fireAt, zone),
      lastFire && (lastFire.runStatus ?? `${lastFire.state}: ${lastFire.reason ?? ''}`),
      // As text: a number of a run is not an amount.
      lastFire?.runId?.toString(),
    ]),
  );
}

function stateText({ isEnabled, firstSeenAt, pause }: Pick<ScheduleView, 'isEnabled' | 'firstSeenAt' | 'pause'>): string {
  if (!isEnabled) return 'disabled';
  if (pause !== undefined) return `paused by ${pause.actor}`;
  return firstSeenAt === undefined ? 'not seen yet' : 'enabled';
}

function fireText(fireAt: Date, zone: string, now: Date): string {
  return `${inBoth(fireAt, zone)}${fireAt <= now ? ' (due)' : ''}`;
}

/** As every table shows an instant, and beside it by the clocks that the pattern is about: `… UTC (2026-11-01 00:00 Asia/Seoul)`. */
function inBoth(at: Date, zone: string): string {
  return `${instantText(at)} (${wallTime(at, zone)} ${zone})`;
}

/** What the clocks of a zone show: `2026-11-01 00:00`. */
function wallTime(at: Date, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(at);
}
