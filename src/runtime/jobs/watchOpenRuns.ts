import { kindOf, codeOf, textOf } from '../../errors.ts';
import type { Job } from './job.ts';
import type { JobSpec } from './jobSpec.ts';
import { listRuns } from './listRuns.ts';
import { runJob } from './runJob.ts';

/** What this process may work on, and how. */
export interface WatchSpec<P> extends Omit<JobSpec<P, unknown, unknown, unknown, unknown>, 'job' | 'options' | 'key' | 'meter'> {
  readonly jobs: readonly Job<P, unknown, unknown, unknown>[];
  readonly optionsOf: (job: string) => unknown;
  readonly meterOf: (job: string) => JobSpec<P, unknown, unknown, unknown, unknown>['meter'];
}

/**
 * Works on every open run of the given jobs, whoever opened it, until this process stops: so runs are shared by all processes,
 * and one whose process died is taken over. Resolves when all work here has been handed back.
 */
export async function watchOpenRuns<P>(spec: WatchSpec<P>): Promise<void> {
  const working = new Map<string, Promise<void>>();
  const stopping = AbortSignal.any([spec.draining, spec.signal]);
  while (!stopping.aborted) {
    await look(spec, working);
    await pause(spec, stopping);
  }
  await Promise.all(working.values());
}

async function look<P>(spec: WatchSpec<P>, working: Map<string, Promise<void>>): Promise<void> {
  try {
    const jobs = spec.jobs.map(({ name }) => name);
    for (const { job: name, key, planVersion } of await listRuns(spec.database, { jobs, isUnfinished: true })) {
      const run = `${name}:${key}`;
      const job = spec.jobs.find((candidate) => candidate.name === name && candidate.planVersion >= planVersion);
      if (job === undefined || working.has(run)) continue;
      working.set(
        run,
        workOn(spec, job, key).finally(() => working.delete(run)),
      );
    }
  } catch (error) {
    spec.log.warn('cannot look for open runs', { code: codeOf(error), error: textOf(error) });
  }
}

async function workOn<P>(spec: WatchSpec<P>, job: Job<P, unknown, unknown, unknown>, key: string): Promise<void> {
  spec.log.info('joins a run', { job: job.name, key });
  try {
    const end = await runJob({ ...spec, job, key, options: spec.optionsOf(job.name), meter: spec.meterOf(job.name) });
    spec.log.info('run left', {
      job: job.name,
      key,
      state: end.how,
      ...(end.how === 'failed' ? { code: end.failure.code, error: end.failure.text } : {}),
    });
  } catch (error) {
    spec.log.error('run refused', { job: job.name, key, code: codeOf(error), kind: kindOf(error), error: textOf(error) });
  }
}

function pause({ clock, settings }: Pick<WatchSpec<never>, 'clock' | 'settings'>, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      stopping.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(settings.pollMs, end);
    if (stopping.aborted) end();
    else stopping.addEventListener('abort', end, { once: true });
  });
}
