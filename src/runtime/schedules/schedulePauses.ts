import type { Queryable } from '../../connectors/database.ts';

/** A schedule that an operator has paused: what it would have run is recorded as skipped. */
export interface SchedulePause {
  readonly schedule: string;
  readonly actor: string;
  readonly reason: string;
  /** Calendar time. */
  readonly pausedAt: Date;
}

/** Pauses a schedule in every process once the transaction commits. False, and nothing changed, when it is paused already. */
export async function pauseSchedule(transaction: Queryable, { schedule, actor, reason, pausedAt }: SchedulePause): Promise<boolean> {
  const count = await transaction.execute({
    text: 'INSERT INTO weir.schedule_pause (schedule, actor, reason, paused_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    values: [schedule, actor, reason, pausedAt],
  });
  return count > 0;
}

/** Ends the pause of a schedule. False when nobody has paused it. */
export async function resumeSchedule(transaction: Queryable, schedule: string): Promise<boolean> {
  const count = await transaction.execute({ text: 'DELETE FROM weir.schedule_pause WHERE schedule = $1', values: [schedule] });
  return count > 0;
}

export function listSchedulePauses(database: Queryable): Promise<readonly SchedulePause[]> {
  return database.query<SchedulePause & Record<string, unknown>>({
    name: 'weir-schedule-pauses',
    text: 'SELECT schedule, actor, reason, paused_at AS "pausedAt" FROM weir.schedule_pause ORDER BY schedule',
  });
}
