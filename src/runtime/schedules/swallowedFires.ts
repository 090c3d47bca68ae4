import type { Queryable } from '../../connectors/database.ts';
import type { Schedule } from './schedule.ts';

/** A fire that was skipped because somebody had paused its schedule. */
export interface SwallowedFire {
  readonly schedule: string;
  readonly job: string;
  readonly key: string;
  readonly fireAt: Date;
  readonly pausedBy: string;
}

/** Of each schedule, its latest so many are told. */
export const mostSwallowed = 100;

/**
 * The fires of schedules that a pause has swallowed and that nobody has made up for, the oldest first: no run of their key is there. One that is
 * there tells of itself, be it failed; where a person stopped it, he has decided. Sweeps have none: their next run does what was due.
 */
export async function swallowedFires(
  database: Queryable,
  schedules: readonly Pick<Schedule, 'name' | 'job' | 'isForgettable' | 'keyOf'>[],
): Promise<readonly SwallowedFire[]> {
  const each = schedules.filter(({ isForgettable }) => !isForgettable);
  const rows = await database.query<{ schedule: string; fireAt: Date; pausedBy: string }>({
    name: 'weir-schedule-swallowed',
    text: `
      SELECT asked.name AS schedule, f.fire_at AS "fireAt", f.paused_by AS "pausedBy"
      FROM unnest($1::text[]) AS asked (name) CROSS JOIN LATERAL (
        SELECT fire_at, paused_by FROM weir.schedule_fire WHERE schedule = asked.name AND paused_by IS NOT NULL ORDER BY fire_at DESC LIMIT $2
      ) f ORDER BY f.fire_at`,
    values: [each.map(({ name }) => name), mostSwallowed],
  });
  if (rows.length === 0) return [];
  const fires = rows.flatMap((row) => {
    const schedule = each.find(({ name }) => name === row.schedule);
    return schedule === undefined ? [] : [{ ...row, job: schedule.job, key: schedule.keyOf(row.fireAt) }];
  });
  const made = await database.query<{ job: string; key: string }>({
    name: 'weir-schedule-made-up-for',
    text: `SELECT job, key FROM unnest($1::text[], $2::text[]) AS asked (job, key) JOIN weir.job_run USING (job, key)`,
    values: [fires.map(({ job }) => job), fires.map(({ key }) => key)],
  });
  const keys = new Set(made.map(({ job, key }) => `${job}:${key}`));
  return fires.filter(({ job, key }) => !keys.has(`${job}:${key}`));
}
