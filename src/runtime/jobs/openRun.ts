import type { Database, Queryable, Transaction } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';
import { readAgain } from './readAgain.ts';

/** States of a run, as `migrations/0100_jobs.sql` draws them. */
export type RunStatus = 'PLANNING' | 'OPEN' | 'COMPLETED' | 'FAILED' | 'STOPPED';

export interface RunRequest {
  readonly job: string;
  readonly key: string;
  readonly planVersion: number;
}

/** A run that is there already. */
interface ExistingRun {
  readonly id: bigint;
  readonly status: RunStatus;
  readonly planVersion: number;
  readonly failureCode: string | null;
}

/**
 * Writes the row of a run unless there is one; any process that watches for open runs then plans and works on it. For
 * schedules too, which write their fire in the same transaction. True when it is new.
 */
export async function insertRun(database: Queryable, { job, key, planVersion }: RunRequest): Promise<boolean> {
  const inserted = await database.execute({
    name: 'weir-job-insert-run',
    text: 'INSERT INTO weir.job_run (job, key, plan_version) VALUES ($1, $2, $3) ON CONFLICT (job, key) DO NOTHING',
    values: [job, key, planVersion],
  });
  return inserted === 1;
}

/**
 * Opens the run of a key and answers its id: a new one, one that other processes work on, or one that failed or was stopped,
 * which goes on at its checkpoints. After a failed check of its result every partition is read again from its first row.
 * Throws `alreadyCompleted`, and `newerVersion` for a run that was planned by a newer Weir.
 */
export async function openRun(database: Database, request: RunRequest): Promise<bigint> {
  return database.withTransaction((transaction) => openRunWithin(transaction, request));
}

/** The same within the caller's transaction: the run is there, and goes on, once that is committed. */
export async function openRunWithin(transaction: Transaction, request: RunRequest): Promise<bigint> {
  await insertRun(transaction, request);
  const run = await lockRun(transaction, request);
  const name = `${request.job}:${request.key}`;
  if (run === undefined) throw new WeirError('conflict', `the run ${name} was deleted while it was opened`);
  if (run.status === 'COMPLETED') {
    throw new WeirError('alreadyCompleted', `${name} has completed (run ${run.id}); a key completes once`);
  }
  if (run.planVersion > request.planVersion) {
    const sentence = `${name} was planned by a newer Weir (version ${run.planVersion} of its plan, this process knows ${request.planVersion})`;
    throw new WeirError('newerVersion', sentence);
  }
  if (run.status === 'FAILED' || run.status === 'STOPPED') await resumeRun(transaction, run);
  return run.id;
}

/** The run of a key, locked until the transaction ends; undefined when there is none. */
export async function lockRun(transaction: Queryable, { job, key }: Pick<RunRequest, 'job' | 'key'>): Promise<ExistingRun | undefined> {
  const [run] = await transaction.query<ExistingRun>({
    name: 'weir-job-lock-run',
    text: `
      SELECT id, status, plan_version AS "planVersion", failure_code AS "failureCode"
      FROM weir.job_run WHERE job = $1 AND key = $2 FOR UPDATE`,
    values: [job, key],
  });
  return run;
}

/** Lets a run that failed or was stopped go on. The caller holds its row. */
export async function resumeRun(transaction: Queryable, run: ExistingRun): Promise<void> {
  await transaction.execute({
    text: `
      UPDATE weir.job_run
      SET status = CASE WHEN planned_at IS NULL THEN 'PLANNING' ELSE 'OPEN' END, finished_at = NULL, failures = 0, not_before = NULL
      WHERE id = $1`,
    values: [run.id],
  });
  await transaction.execute({
    text: `UPDATE weir.job_partition SET failures = 0, not_before = NULL WHERE run_id = $1 AND status = 'WAITING'`,
    values: [run.id],
  });
  if (run.failureCode === 'incomplete') await readAgain(transaction, run.id);
}
