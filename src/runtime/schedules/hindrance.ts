import type { Queryable } from '../../connectors/database.ts';
import type { Schedule } from './schedule.ts';
import { nextFireAt } from './scheduleStates.ts';

/** Why a fire does not start now: it waits, or is left out for a reason. */
export type Hindrance = 'wait' | { readonly reason: string } | undefined;

/** What keeps a fire from starting: work that comes first, or a run of its own job that has not ended. */
export async function hindranceOf(database: Queryable, schedule: Schedule, fireAt: Date): Promise<Hindrance> {
  if (await isWorkBefore(database, schedule, fireAt)) return 'wait';
  if (schedule.overlap === 'allow') return undefined;
  const [open] = await database.query<{ id: bigint; key: string }>({
    name: 'weir-schedule-open-run',
    text: `SELECT id, key FROM weir.job_run WHERE job = $1 AND status IN ('PLANNING', 'OPEN') ORDER BY id LIMIT 1`,
    values: [schedule.job],
  });
  if (open === undefined) return undefined;
  return schedule.overlap === 'wait' ? 'wait' : { reason: `${schedule.job}:${open.key} (run ${open.id}) has not ended` };
}

interface WorkBefore {
  readonly cron: string;
  readonly zone: string;
  readonly isEnabled: boolean;
  readonly handledUntil: Date;
  /** A run of its job is open, or the latest that it started up to the fire has failed. */
  readonly isUncompleted: boolean;
}

/** Whether a schedule that comes first has fires up to this one that are not decided, or whose work has not completed. */
async function isWorkBefore(database: Queryable, { after }: Schedule, fireAt: Date): Promise<boolean> {
  if (after.length === 0) return false;
  const schedules = await database.query<WorkBefore>({
    name: 'weir-schedule-work-before',
    text: `
      SELECT s.cron, s.zone, s.is_enabled AS "isEnabled", s.handled_until AS "handledUntil",
        EXISTS (SELECT FROM weir.job_run r WHERE r.job = s.job AND r.status IN ('PLANNING', 'OPEN'))
          OR coalesce(latest.status = 'FAILED', false) AS "isUncompleted"
      FROM weir.schedule s LEFT JOIN LATERAL (
        SELECT r.status FROM weir.schedule_fire f JOIN weir.job_run r ON r.id = f.run_id
        WHERE f.schedule = s.name AND f.run_id IS NOT NULL AND f.fire_at <= $2 ORDER BY f.fire_at DESC LIMIT 1
      ) latest ON true
      WHERE s.name = ANY ($1)`,
    values: [after, fireAt],
  });
  return schedules.some((schedule) => schedule.isUncompleted || hasUndecided(schedule, fireAt));
}

function hasUndecided(schedule: WorkBefore, fireAt: Date): boolean {
  const next = schedule.isEnabled ? nextFireAt(schedule) : undefined;
  return next !== undefined && next <= fireAt;
}
