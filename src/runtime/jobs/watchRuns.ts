import type { Database } from '../../connectors/database.ts';
import { kindOf } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../message/clock.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { failureOf } from './failure.ts';
import { WakeUp } from './wakeUp.ts';

/** A run that is not ended. */
export interface OpenRun {
  readonly id: bigint;
  readonly job: string;
  readonly key: string;
}

export interface WatchSpec {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** The jobs of this process by name, with the version of their plans. */
  readonly jobs: ReadonlyMap<string, { readonly planVersion: number }>;
  /** How often it looks for runs, in milliseconds. Short: more queries; long: a run whose process died waits so much longer. */
  readonly pollMs: number;
  /** Works on a run until it ends or this process stops: `joinRun`. A rejection is logged, and the run is tried again later. */
  readonly work: (run: OpenRun) => Promise<unknown>;
  readonly draining: AbortSignal;
}

/**
 * Finds runs that are not ended, whoever opened them, and works on each, once at a time: so a run goes on after all processes
 * that worked on it have died, and a schedule has only to write the run's row. Runs that were planned by a newer Weir are left
 * alone. Resolves once it is drained and its work has ended.
 */
export async function watchRuns(spec: WatchSpec): Promise<void> {
  const { clock, pollMs, draining } = spec;
  const wakeUp = new WakeUp(clock, pollMs);
  const working = new Map<bigint, Promise<void>>();
  draining.addEventListener('abort', () => wakeUp.wake(), { once: true });
  while (!draining.aborted) {
    for (const run of (await unlessStopped(clock, draining, openRuns(spec))) ?? []) {
      if (working.has(run.id)) continue;
      const work = workOn(spec, run).finally(() => working.delete(run.id));
      working.set(run.id, work);
    }
    await wakeUp.wait();
  }
  await Promise.all(working.values());
}

async function openRuns({ database, jobs, log }: WatchSpec): Promise<readonly OpenRun[]> {
  try {
    return await database.query<OpenRun>({
      name: 'weir-job-open-runs',
      text: `
        SELECT r.id, r.job, r.key
        FROM weir.job_run r JOIN unnest($1::text[], $2::integer[]) AS known (job, plan_version) ON known.job = r.job
        WHERE r.status IN ('PLANNING', 'OPEN') AND r.plan_version <= known.plan_version
        ORDER BY r.id`,
      values: [[...jobs.keys()], [...jobs.values()].map(({ planVersion }) => planVersion)],
    });
  } catch (error) {
    if (kindOf(error) === 'defect') throw error;
    const { code, text } = failureOf(error);
    log.warn('open runs cannot be read', { code, error: text });
    return [];
  }
}

async function workOn({ work, log }: WatchSpec, run: OpenRun): Promise<void> {
  try {
    await work(run);
  } catch (error) {
    const { code, text } = failureOf(error);
    log.warn('run cannot be worked on', { job: run.job, key: run.key, code, error: text });
  }
}
