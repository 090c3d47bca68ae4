import type { Queryable } from '../../connectors/database.ts';
import type { RunStatus } from '../jobs/openRun.ts';
import type { Fire } from './fireSchedule.ts';
import type { Pattern, Schedule } from './schedule.ts';
import { listSchedulePauses, type SchedulePause } from './schedulePauses.ts';
import { nextFireAt, scheduleStates } from './scheduleStates.ts';

/** A schedule with what its options say, for where no process has seen it yet. */
export interface KnownSchedule {
  readonly schedule: Schedule;
  readonly pattern: Pattern;
}

/** The last decided fire of a schedule, and what became of its run. */
export interface LastFire extends Pick<Fire, 'fireAt' | 'state' | 'runId' | 'reason'> {
  readonly runStatus: RunStatus | null;
}

/** A schedule in a list: its pattern as it is in force. */
export interface ScheduleView extends Pattern {
  readonly name: string;
  readonly job: string;
  readonly profile: string;
  /** Absent when no process has seen it: it begins when one does. */
  readonly firstSeenAt: Date | undefined;
  /** The first fire that is not decided; in the past when it waits, or when no process fires. */
  readonly nextFireAt: Date | undefined;
  readonly lastFire: LastFire | undefined;
  /** The oldest due fire whose run has not completed. */
  readonly lateSince: Date | undefined;
  /** Who has paused it; what falls to that is skipped. */
  readonly pause: SchedulePause | undefined;
}

/** Lists schedules as they are in force. */
export async function listSchedules(database: Queryable, known: readonly KnownSchedule[], now: Date): Promise<readonly ScheduleView[]> {
  const states = await scheduleStates(
    database,
    known.map(({ schedule }) => schedule),
  );
  const lastFires = await readLastFires(database, [...states.keys()]);
  const pauses = await listSchedulePauses(database);
  return known.map(({ schedule: { name, job, profile }, pattern }) => {
    const state = states.get(name);
    const { cron, zone, isEnabled } = state ?? pattern;
    const next = isEnabled ? nextFireAt({ cron, zone, handledUntil: state?.handledUntil ?? now }) : undefined;
    const due = next !== undefined && next <= now ? next : undefined;
    return {
      ...{ name, job, profile, cron, zone, isEnabled },
      firstSeenAt: state?.firstSeenAt,
      nextFireAt: next,
      lastFire: lastFires.get(name),
      lateSince: state?.uncompletedSince ?? due,
      pause: pauses.find(({ schedule }) => schedule === name),
    };
  });
}

async function readLastFires(database: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, LastFire>> {
  const rows = await database.query<LastFire & { readonly schedule: string }>({
    name: 'weir-schedule-last-fires',
    text: `
      SELECT asked.name AS schedule, f.fire_at AS "fireAt", f.state, f.run_id AS "runId", f.reason, r.status AS "runStatus"
      FROM unnest($1::text[]) AS asked (name) CROSS JOIN LATERAL (
        SELECT fire_at, state, run_id, reason FROM weir.schedule_fire WHERE schedule = asked.name ORDER BY fire_at DESC LIMIT 1
      ) f LEFT JOIN weir.job_run r ON r.id = f.run_id`,
    values: [names],
  });
  return new Map(rows.map(({ schedule, ...fire }) => [schedule, fire]));
}
