import type { Queryable } from '../../connectors/database.ts';
import { insertRun, lockRun, resumeRun, type RunRequest } from '../jobs/openRun.ts';

/** The run of a fire, or why there is none. */
export type FireRun = { readonly runId: bigint } | { readonly reason: string };

/**
 * Opens the run of a fire in the fire's transaction. A run of its key that is there already and failed (somebody tried too early)
 * goes on, since it is time now; one that is open, completed, or was stopped by a person is left as it is.
 */
export async function openFireRun(transaction: Queryable, request: RunRequest): Promise<FireRun> {
  const isNew = await insertRun(transaction, request);
  const run = await lockRun(transaction, request);
  if (run === undefined) return { reason: `the run ${request.job}:${request.key} was deleted while it was opened` };
  if (isNew) return { runId: run.id };
  if (run.status !== 'FAILED') return { reason: `${request.job}:${request.key} was ${run.status} already (run ${run.id})` };
  await resumeRun(transaction, run);
  return { runId: run.id };
}
