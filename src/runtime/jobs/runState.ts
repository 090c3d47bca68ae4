import type { Queryable } from '../../connectors/database.ts';
import { WeirError, type ErrorCode } from '../../errors.ts';
import type { RunStatus } from './openRun.ts';
import type { Failure } from './failure.ts';

/** What a process that works on a run has to know about it. */
export interface RunState {
  readonly status: RunStatus;
  /** Partitions that are not completed. */
  readonly unfinished: number;
  /** The last failure; the reason of a run that is FAILED. */
  readonly failure: Failure | undefined;
}

interface StateRow {
  readonly status: RunStatus;
  readonly unfinished: number;
  readonly code: ErrorCode | null;
  readonly text: string | null;
}

/** Reads the state of a run. */
export async function readRunState(database: Queryable, runId: bigint): Promise<RunState> {
  const [row] = await database.query<StateRow>({
    name: 'weir-job-run-state',
    text: `
      SELECT r.status, r.failure_code AS code, r.failure AS text,
        (SELECT count(*) FROM weir.job_partition p WHERE p.run_id = r.id AND p.status <> 'COMPLETED')::integer AS unfinished
      FROM weir.job_run r WHERE r.id = $1`,
    values: [runId],
  });
  if (row === undefined) throw new WeirError('notFound', `there is no run ${runId} any more`);
  const failure = row.code === null || row.text === null ? undefined : { code: row.code, text: row.text };
  return { status: row.status, unfinished: row.unfinished, failure };
}

/** Fails a run that is not ended; its partitions keep their checkpoints, and whoever holds one stops at its next look. */
export async function failRun(database: Queryable, runId: bigint, failure: Failure): Promise<void> {
  await database.execute({
    name: 'weir-job-fail-run',
    text: `
      UPDATE weir.job_run
      SET status = 'FAILED', failure_code = $2, failure = $3, finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
      WHERE id = $1 AND status IN ('PLANNING', 'OPEN')`,
    values: [runId, failure.code, failure.text],
  });
}

/** Stops a run that is not ended, for a person; run again, it goes on. False when it had ended. */
export async function stopRun(database: Queryable, runId: bigint): Promise<boolean> {
  const hits = await database.execute({
    name: 'weir-job-stop-run',
    text: `
      UPDATE weir.job_run SET status = 'STOPPED', finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
      WHERE id = $1 AND status IN ('PLANNING', 'OPEN')`,
    values: [runId],
  });
  return hits === 1;
}
