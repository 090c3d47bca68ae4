import { defineSchedule, type Schedule } from './schedule.ts';

/** What a sweep leaves to choose; its name is that of its job. */
export type Sweep = Pick<Schedule, 'job' | 'profile' | 'cron' | 'keyOf'>;

/**
 * Declares when a job runs that looks for whatever is due: a run does what all that were missed would have done, one at a time is enough,
 * and ended ones tell nothing that is needed later.
 */
export function defineSweep(sweep: Sweep): Schedule {
  return defineSchedule({
    ...sweep,
    name: sweep.job,
    misfire: 'runOnce',
    maxAgeMs: Infinity,
    overlap: 'skip',
    isForgettable: true,
  });
}
