import type { JobSettings } from '../runtime/jobs/jobSpec.ts';
import type { ProcessOptions } from './joinedOptions.ts';

/** How this process works on jobs, from its options. */
export function jobSettingsOf({ jobs, runtime }: Pick<ProcessOptions, 'jobs' | 'runtime'>): JobSettings {
  return {
    leaseMs: jobs.leaseMs,
    // Five signs of life in a lease: one or two may fail.
    heartbeatMs: Math.floor(jobs.leaseMs / 5),
    partitions: jobs.partitionsAtOnce,
    pageSize: jobs.pageSize,
    // One page is written, one waits for it, one is read.
    window: 3 * jobs.pageSize,
    maxSpan: 3 * jobs.pageSize,
    pollMs: jobs.pollMs,
    restart: { firstMs: runtime.restartFirstMs, maxMs: runtime.restartMaxMs },
    maxFailures: jobs.maxFailures,
    stopTimeoutMs: runtime.stopTimeoutMs,
  };
}
