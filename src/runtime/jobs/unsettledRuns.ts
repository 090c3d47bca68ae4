import type { Queryable } from '../../connectors/database.ts';
import type { RunStatus } from './openRun.ts';

/** A job, and whether each of its runs has to complete; of others one that completed later makes up for those before it. */
export interface AskedJob {
  readonly name: string;
  readonly isEach: boolean;
}

/** A run that failed, or that has put rows aside which nobody has resolved. */
export interface UnsettledRun {
  readonly id: bigint;
  readonly job: string;
  readonly key: string;
  readonly status: RunStatus;
  readonly failure: string | null;
  /** When it ended; null while it goes on. */
  readonly finishedAt: Date | null;
  /** Rows that are put aside and not resolved. */
  readonly skipped: bigint;
}

/** Of each job, so many of either kind are told at most. */
export const mostUnsettled = 20;

/**
 * The runs of jobs that wait for a person, however many have been opened since: those with rows put aside, the oldest first, and those that
 * failed and that nothing makes up for, the latest first. A run that a person has stopped is none of them: he has decided.
 */
export function unsettledRuns(database: Queryable, jobs: readonly AskedJob[]): Promise<readonly UnsettledRun[]> {
  return database.query<UnsettledRun & Record<string, unknown>>({
    name: 'weir-job-unsettled-runs',
    text: `
      SELECT run.id, run.job, run.key, run.status, run.failure, run.finished_at AS "finishedAt", run.skipped
      FROM unnest($1::text[], $2::boolean[]) AS asked (job, is_each) CROSS JOIN LATERAL (
        SELECT id FROM (SELECT id FROM weir.job_run WHERE job = asked.job AND skipped > 0 ORDER BY id LIMIT $3) put_aside
        UNION
        SELECT id FROM (
          SELECT id FROM weir.job_run WHERE job = asked.job AND status = 'FAILED' AND (asked.is_each OR id > coalesce((
            SELECT later.id FROM weir.job_run later WHERE later.job = asked.job AND later.status = 'COMPLETED' ORDER BY later.id DESC LIMIT 1
          ), 0))
          ORDER BY id DESC LIMIT CASE WHEN asked.is_each THEN $3 ELSE 1 END
        ) failed
      ) unsettled JOIN weir.job_run run ON run.id = unsettled.id
      ORDER BY run.job, run.id`,
    values: [jobs.map(({ name }) => name), jobs.map(({ isEach }) => isEach), mostUnsettled],
  });
}
