import { joinRun, requireSettings } from './joinRun.ts';
import type { JobEnd, JobSpec } from './jobSpec.ts';
import { openRun } from './openRun.ts';

/**
 * Runs a job for a key: opens the run, joins it where other processes work on it, or resumes it where it failed or was stopped;
 * then works on it as `joinRun` does.
 *
 * Rejects with `invalidKey`, `alreadyCompleted`, `newerVersion` or `invalidOption`, and with what the database refuses for good.
 */
export async function runJob<P, O, K, V, T>(spec: JobSpec<P, O, K, V, T>): Promise<JobEnd> {
  const { job, key, database, settings } = spec;
  requireSettings(settings);
  job.parseKey(key);
  return joinRun(spec, await openRun(database, { job: job.name, key, planVersion: job.planVersion }));
}
