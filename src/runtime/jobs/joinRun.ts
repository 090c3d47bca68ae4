import { kindOf, WeirError } from '../../errors.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { failureOf } from './failure.ts';
import type { PartitionPlan } from './job.ts';
import type { JobEnd, JobSettings, JobSpec } from './jobSpec.ts';
import { claimPartitions } from './partitionClaim.ts';
import { runAlone } from './runAlone.ts';
import { completeRun, writePlan } from './runHold.ts';
import { runPartition, type PartitionRun } from './runPartition.ts';
import { readRunState, type RunState } from './runState.ts';
import { WakeUp } from './wakeUp.ts';

/**
 * Works on an open run until it has ended or this process stops: plans it if nobody has, claims partitions as it has places for
 * them, takes over those whose holder died, and finishes the run. Any number of processes do this for one run at the same time;
 * they meet only in the database, which may be away for a while. A run that has ended is left as it is.
 *
 * Rejects with `invalidKey` or `invalidOption`, and with what the database refuses for good.
 */
export async function joinRun<P, O, K, V, T>(spec: JobSpec<P, O, K, V, T>, runId: bigint): Promise<JobEnd> {
  requireSettings(spec.settings);
  return new JobWork(spec, spec.job.parseKey(spec.key), runId).run();
}

/** Throws `invalidOption` for settings that contradict each other. */
export function requireSettings({ leaseMs, heartbeatMs, pageSize, window, maxSpan }: JobSettings): void {
  if (leaseMs < 3 * heartbeatMs) {
    throw new WeirError('invalidOption', `leaseMs (${leaseMs}) must be three times heartbeatMs (${heartbeatMs}) or more`);
  }
  if (window < 2 * pageSize || maxSpan < window) {
    const sentence = `window (${window}) must be twice pageSize (${pageSize}) or more, and maxSpan (${maxSpan}) not below it`;
    throw new WeirError('invalidOption', sentence);
  }
}

class JobWork<P, O, K, V, T> {
  readonly #spec: JobSpec<P, O, K, V, T>;
  readonly #key: K;
  readonly #runId: bigint;
  readonly #partitions = new Set<PartitionRun>();
  readonly #wakeUp: WakeUp;

  constructor(spec: JobSpec<P, O, K, V, T>, key: K, runId: bigint) {
    this.#spec = spec;
    this.#key = key;
    this.#runId = runId;
    this.#wakeUp = new WakeUp(spec.clock, spec.settings.pollMs);
  }

  async run(): Promise<JobEnd> {
    const { draining, signal } = this.#spec;
    const drain = (): void => this.#stop((partition) => partition.drain());
    const cut = (): void => this.#stop((partition) => partition.cut());
    draining.addEventListener('abort', drain, { once: true });
    signal.addEventListener('abort', cut, { once: true });
    try {
      for (;;) {
        const state = await this.#look();
        const end = state && this.#endOf(state);
        if (end || this.#isStopping()) return end ?? { runId: this.#runId, how: 'stopped' };
        await this.#wakeUp.wait();
      }
    } finally {
      // Whatever ended it, partitions are handed back before anybody is told.
      drain();
      await Promise.all([...this.#partitions].map(({ ended }) => ended));
      draining.removeEventListener('abort', drain);
      signal.removeEventListener('abort', cut);
    }
  }

  /** Looks at the run and does what is to be done; undefined while the database is away, and when this process stops. */
  async #look(): Promise<RunState | undefined> {
    const { log, job, key } = this.#spec;
    try {
      const before = await this.#state();
      if (before === undefined || this.#isStopping()) return before;
      if (before.status === 'PLANNING') await this.#plan();
      else if (before.status === 'OPEN' && before.unfinished > 0) await this.#claim();
      else if (before.status === 'OPEN') await this.#finish();
      else return before;
      const after = await this.#state();
      if (after !== undefined && after.status !== before.status) this.#wakeUp.wake();
      return after;
    } catch (error) {
      if (kindOf(error) === 'permanent' || kindOf(error) === 'defect') throw error;
      const { code, text } = failureOf(error);
      log.warn('job cannot reach its run', { job: job.name, key, code, error: text });
      return undefined;
    }
  }

  /** The state of the run; undefined when this process stops before it is told. */
  #state(): Promise<RunState | undefined> {
    const { clock, database, draining, signal } = this.#spec;
    return unlessStopped(clock, AbortSignal.any([draining, signal]), readRunState(database, this.#runId));
  }

  #plan(): Promise<void> {
    const { job, ports, options } = this.#spec;
    return runAlone<P, O, K, V, T, readonly PartitionPlan[]>(this.#spec, this.#runId, {
      step: 'plan',
      work: () => job.plan(ports, this.#key, options, { isDryRun: false }),
      conclude: (transaction, claim, plan) => writePlan(transaction, claim, job.planVersion, plan),
    });
  }

  #finish(): Promise<void> {
    const { job, ports, options } = this.#spec;
    return runAlone<P, O, K, V, T, undefined>(this.#spec, this.#runId, {
      step: 'finish',
      work: async () => {
        await job.finish?.(ports, this.#key, options);
        return undefined;
      },
      conclude: completeRun,
    });
  }

  async #claim(): Promise<void> {
    const { database, clock, holder, job, settings } = this.#spec;
    const count = settings.partitions - this.#partitions.size;
    if (count <= 0) return;
    const claimedAtMs = clock.elapsedMs();
    const request = { runId: this.#runId, planVersion: job.planVersion, holder, leaseMs: settings.leaseMs, count };
    for (const claim of await claimPartitions(database, request)) {
      const partition = runPartition(this.#spec, this.#key, claim, claimedAtMs);
      this.#partitions.add(partition);
      void partition.ended.then(() => {
        this.#partitions.delete(partition);
        this.#wakeUp.wake();
      });
    }
    if (this.#isStopping()) this.#stop((partition) => partition.drain());
  }

  #stop(how: (partition: PartitionRun) => void): void {
    for (const partition of this.#partitions) how(partition);
    this.#wakeUp.wake();
  }

  #isStopping(): boolean {
    return this.#spec.draining.aborted || this.#spec.signal.aborted;
  }

  #endOf({ status, failure }: RunState): JobEnd | undefined {
    const runId = this.#runId;
    if (status === 'COMPLETED') return { runId, how: 'completed' };
    if (status === 'STOPPED') return { runId, how: 'stopped' };
    if (status === 'FAILED') return { runId, how: 'failed', failure: failure ?? { code: 'defect', text: 'no reason was kept' } };
    return undefined;
  }
}
