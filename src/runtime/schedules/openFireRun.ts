import type { Queryable } from '../../connectors/database.ts';
import { insertRun, resumeRun, type ExistingRun, type RunRequest } from '../jobs/openRun.ts';

/** The run of a fire, or why there is none. */
export type FireRun = { readonly runId: bigint } | { readonly reason: string };

/**
 * Opens the run of a fire in the fire's transaction. A run of its key that is there already and failed (somebody tried too early)
 * goes on, since it is time now; one that is open, completed, or was stopped by a person is left as it is.
 */
export async function openFireRun(transaction: Queryable, request: RunRequest): Promise<FireRun> {
  const isNew = await insertRun(transaction, request);
  const [run] = await transaction.query<ExistingRun>({
    name: 'weir-schedule-run-of-key',
    text: `
      SELECT id, status, plan_version AS "planVersion", failure_code AS "failureCode"
      FROM weir.job_run WHERE job = $1 AND key = $2 FOR UPDATE`,
    values: [request.job, request.key],
  });
  if (run === undefined) return { reason: `the run ${request.job}:${request.key} was deleted while it was opened` };
  if (isNew) return { runId: run.id };
  if (run.status !== 'FAILED') return { reason: `${request.job}:${request.key} was ${run.status} already (run ${run.id})` };
  await resumeRun(transaction, run);
  return { runId: run.id };
}
