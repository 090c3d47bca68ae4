import { processOptions } from '../config/schema.ts';
import { jobSettingsOf } from '../src/commandLine/jobSettings.ts';
import type { Database } from '../src/connectors/database.ts';
import { realClock } from '../src/runtime/clock.ts';
import type { Job } from '../src/runtime/jobs/job.ts';
import { runJob } from '../src/runtime/jobs/runJob.ts';
import { benchLog, benchMetrics } from './chainParts.ts';

/**
 * Runs a job as `weir run --job` does, every option at its default but those that are told: from planning to the check of its result. Rejects when the run
 * does not complete.
 */
export async function runWholeJob<P, O, K, V, T>(
  job: Job<P, O, K, V, T>,
  ports: P,
  key: string,
  database: Database,
  jobOptions: object = {},
): Promise<void> {
  const options = { jobs: processOptions.jobs.parse(undefined), runtime: processOptions.runtime.parse(undefined) };
  const never = new AbortController().signal;
  const end = await runJob({
    ...{ job, ports, key, database },
    options: job.options.parse(jobOptions),
    clock: realClock,
    meter: benchMetrics.meterOf(job.name),
    log: benchLog,
    holder: 'bench',
    settings: jobSettingsOf(options),
    parts: new Set(),
    draining: never,
    signal: never,
  });
  if (end.how === 'failed') throw new Error(`The run failed with ${end.failure.code}: ${end.failure.text}`);
  if (end.how === 'stopped') throw new Error('The run was stopped.');
}
