import { kindOf } from '../../errors.ts';
import { failureOf } from './failure.ts';
import type { Job } from './job.ts';
import type { JobSpec } from './jobSpec.ts';
import { joinRun } from './joinRun.ts';
import { listRuns, type RunSummary } from './listRuns.ts';
import { WakeUp } from './wakeUp.ts';

type SpecOf<P> = JobSpec<P, unknown, unknown, unknown, unknown>;

/** What this process may work on, and how. */
export interface WatchSpec<P> extends Omit<SpecOf<P>, 'job' | 'options' | 'key' | 'meter'> {
  readonly jobs: readonly Job<P, unknown, unknown, unknown>[];
  readonly optionsOf: (job: string) => unknown;
  readonly meterOf: (job: string) => SpecOf<P>['meter'];
}

/**
 * Works on every open run of the given jobs, whoever opened it, until this process stops: so runs are shared by all processes,
 * one goes on after all processes that worked on it have died, and a schedule has only to write the run's row. A run that has
 * ended meanwhile is left as it is, and one that was planned by a newer Weir is not touched. Resolves when all work here has
 * been handed back.
 */
export async function watchOpenRuns<P>(spec: WatchSpec<P>): Promise<void> {
  const working = new Map<bigint, Promise<void>>();
  const wakeUp = new WakeUp(spec.clock, spec.settings.pollMs);
  const stopping = AbortSignal.any([spec.draining, spec.signal]);
  stopping.addEventListener('abort', () => wakeUp.wake(), { once: true });
  while (!stopping.aborted) {
    for (const run of await openRuns(spec)) {
      const job = spec.jobs.find(({ name, planVersion }) => name === run.job && planVersion >= run.planVersion);
      if (job === undefined || working.has(run.id)) continue;
      const work = workOn(spec, job, run).finally(() => working.delete(run.id));
      working.set(run.id, work);
    }
    if (!stopping.aborted) await wakeUp.wait();
  }
  await Promise.all(working.values());
}

async function openRuns<P>({ database, jobs, log }: WatchSpec<P>): Promise<readonly RunSummary[]> {
  try {
    return await listRuns(database, { jobs: jobs.map(({ name }) => name), isUnfinished: true });
  } catch (error) {
    const { code, text } = failureOf(error);
    log.warn('open runs cannot be read', { code, error: text });
    return [];
  }
}

async function workOn<P>(spec: WatchSpec<P>, job: Job<P, unknown, unknown, unknown>, { id, key }: RunSummary): Promise<void> {
  spec.log.info('joins a run', { job: job.name, key });
  try {
    const end = await joinRun({ ...spec, job, key, options: spec.optionsOf(job.name), meter: spec.meterOf(job.name) }, id);
    const why = end.how === 'failed' ? { code: end.failure.code, error: end.failure.text } : {};
    spec.log.info('run left', { job: job.name, key, state: end.how, ...why });
  } catch (error) {
    const { code, text } = failureOf(error);
    spec.log.error('run cannot be worked on', { job: job.name, key, code, kind: kindOf(error), error: text });
  }
}
