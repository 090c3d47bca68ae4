import type { Queryable } from '../../connectors/database.ts';
import { fireTimes } from './fireTimes.ts';
import type { Pattern, Schedule } from './schedule.ts';

/** A schedule as its row has it, and what its runs came to. */
export interface ScheduleState extends Pattern {
  readonly name: string;
  readonly firstSeenAt: Date;
  /** Every fire time up to here is decided. */
  readonly handledUntil: Date;
  /** The oldest fire whose run has to complete and has not; null when there is none. */
  readonly uncompletedSince: Date | null;
}

/**
 * The states of schedules by name; those that no process has seen yet are not among them. Where missed fires run all, each run has
 * to complete; elsewhere one that completed later makes up for those before it.
 */
export async function scheduleStates(
  database: Queryable,
  schedules: readonly Pick<Schedule, 'name' | 'misfire'>[],
): Promise<ReadonlyMap<string, ScheduleState>> {
  const rows = await database.query<ScheduleState>({
    name: 'weir-schedule-states',
    text: `
      SELECT s.name, s.cron, s.zone, s.is_enabled AS "isEnabled", s.first_seen_at AS "firstSeenAt", s.handled_until AS "handledUntil",
        (SELECT min(f.fire_at) FROM weir.job_run r JOIN weir.schedule_fire f ON f.run_id = r.id
          WHERE f.schedule = s.name AND r.status IN ('PLANNING', 'OPEN', 'FAILED')
            AND (asked.is_each OR f.fire_at > coalesce(completed.fire_at, '-infinity'))) AS "uncompletedSince"
      FROM unnest($1::text[], $2::boolean[]) AS asked (name, is_each) JOIN weir.schedule s USING (name)
        LEFT JOIN LATERAL (
          SELECT f.fire_at FROM weir.schedule_fire f JOIN weir.job_run r ON r.id = f.run_id
          WHERE f.schedule = s.name AND f.run_id IS NOT NULL AND r.status = 'COMPLETED' ORDER BY f.fire_at DESC LIMIT 1
        ) completed ON true`,
    values: [schedules.map(({ name }) => name), schedules.map(({ misfire }) => misfire === 'runAll')],
  });
  return new Map(rows.map((row) => [row.name, row]));
}

/** The first fire time that is not decided, due or to come; undefined when none comes any more. */
export function nextFireAt({ cron, zone, handledUntil }: Pick<ScheduleState, 'cron' | 'zone' | 'handledUntil'>): Date | undefined {
  return fireTimes(cron, zone).after(handledUntil);
}
