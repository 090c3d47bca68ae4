import type { Transaction } from '../../connectors/database.ts';
import { codeOf, WeirError } from '../../errors.ts';
import { consequenceOf, failureOf } from './failure.ts';
import type { JobSpec } from './jobSpec.ts';
import { Lease } from './lease.ts';
import { claimRun, failClaimedRun, releaseRun, renewRun, type RunClaim } from './runHold.ts';

/** What one process does for a run while no other does. */
export interface Alone<A> {
  /** `plan` or `finish`, for logs. */
  readonly step: string;
  /** May take long; called again after a crash. */
  work(): Promise<A>;
  /** Makes its result durable and ends the claim, in one transaction. */
  conclude(transaction: Transaction, claim: RunClaim, result: A): Promise<void>;
}

/**
 * Does a step of the run under the run's own lease, so that no lock is held while it works and no two processes do it. Whoever
 * looks at the run next may claim the step: two partitions that complete at the same moment leave nothing undone, and neither
 * does a crash. Resolves when there is nothing more to do here: done, failed, or claimed by another.
 */
export async function runAlone<P, O, K, V, T, A>(spec: JobSpec<P, O, K, V, T>, runId: bigint, alone: Alone<A>): Promise<void> {
  const { clock, database, holder, job, settings, log } = spec;
  const claimedAtMs = clock.elapsedMs();
  const request = { runId, planVersion: job.planVersion, holder, leaseMs: settings.leaseMs };
  const claim = await claimRun(database, request);
  if (claim === undefined) return;
  const name = `the ${alone.step} of ${job.name}:${spec.key}`;
  const stopped = Promise.withResolvers<never>();
  const lease = new Lease(
    { name, clock, times: settings, renew: () => renewRun(database, claim, settings.leaseMs), lost: stopped.reject },
    claimedAtMs,
  );
  const onCut = (): void => stopped.reject(new WeirError('cancelled', `${name} was cut`));
  spec.signal.addEventListener('abort', onCut, { once: true });
  try {
    const result = await Promise.race([alone.work(), stopped.promise]);
    await database.withTransaction((transaction) => alone.conclude(transaction, claim, result));
  } catch (error) {
    const fields = { job: job.name, key: spec.key, stage: alone.step, ...logged(error) };
    log.warn('job step failed', fields);
    const consequence = consequenceOf(error, claim.failures, settings, clock);
    if (consequence.how === 'fail') await failClaimedRun(database, claim, failureOf(error));
    else if (consequence.how === 'retry') await releaseRun(database, claim, consequence.delayMs, codeOf(error));
  } finally {
    lease.stop();
    spec.signal.removeEventListener('abort', onCut);
  }
}

function logged(error: unknown): { readonly code: string; readonly error: string } {
  const { code, text } = failureOf(error);
  return { code, error: text };
}
