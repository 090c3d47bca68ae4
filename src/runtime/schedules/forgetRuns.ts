import type { Database } from '../../connectors/database.ts';
import type { Schedule } from './schedule.ts';

/** Rows that one statement deletes at most: it takes milliseconds, and holds few locks. */
const mostRows = 500;

/**
 * Deletes what schedules whose runs may be forgotten left more than `keepDays` ago, by the database's clock: ended runs of their
 * jobs with their partitions, resolved skips and fires, and fires that opened none. Runs with rows that are put aside and not
 * resolved stay. Small statements; stops when it is drained. Any number of processes.
 */
export async function forgetRuns(
  database: Database,
  schedules: readonly Pick<Schedule, 'name' | 'job'>[],
  keepDays: number,
  draining: AbortSignal,
): Promise<void> {
  if (schedules.length === 0) return;
  const names = schedules.map(({ name }) => name);
  const jobs = schedules.map(({ job }) => job);
  await repeat(draining, () => database.execute({ name: 'weir-forget-runs', text: oldRuns, values: [jobs, keepDays, mostRows] }));
  await repeat(draining, () => database.execute({ name: 'weir-forget-fires', text: oldFires, values: [names, keepDays, mostRows] }));
}

async function repeat(draining: AbortSignal, statement: () => Promise<number>): Promise<void> {
  while (!draining.aborted && (await statement()) === mostRows);
}

const oldRuns = `
  DELETE FROM weir.job_run WHERE id IN (
    SELECT id FROM weir.job_run
    WHERE job = ANY ($1) AND status IN ('COMPLETED', 'FAILED', 'STOPPED') AND skipped = 0
      AND finished_at < clock_timestamp() - $2 * interval '1 day'
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)`;

const oldFires = `
  DELETE FROM weir.schedule_fire WHERE (schedule, fire_at) IN (
    SELECT schedule, fire_at FROM weir.schedule_fire
    WHERE schedule = ANY ($1) AND run_id IS NULL AND decided_at < clock_timestamp() - $2 * interval '1 day'
    LIMIT $3 FOR UPDATE SKIP LOCKED)`;
