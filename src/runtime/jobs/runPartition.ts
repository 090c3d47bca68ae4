import { WeirError } from '../../errors.ts';
import type { ChainRun } from '../runChain.ts';
import { consequenceOf, failureOf } from './failure.ts';
import type { JobPartition } from './job.ts';
import type { JobSpec } from './jobSpec.ts';
import type { PartitionClaim } from './partitionClaim.ts';
import { PartitionHold } from './partitionHold.ts';
import { partitionOf } from './partitionOf.ts';
import { rowSource, type RowSource } from './rowSource.ts';
import { runJobChain } from './runJobChain.ts';
import { failRun } from './runState.ts';

/** A partition that this process works on. */
export interface PartitionRun {
  /** Resolves, never rejects, once the claim has ended: completed, handed back, or lost. */
  readonly ended: Promise<void>;
  /** Finishes what was read and hands the partition back. */
  drain(): void;
  /** Aborts what is in flight and hands the partition back. */
  cut(): void;
}

/**
 * Works on a claimed partition: rows → chain → settled, under the claim's lease. A partition that was read to its end is
 * completed, one that was drained or cut is handed back, one that failed for the moment is handed back with a wait, and any
 * other failure fails the run.
 */
export function runPartition<P, O, K, V, T>(
  spec: JobSpec<P, O, K, V, T>,
  key: K,
  claim: PartitionClaim,
  claimedAtMs: number,
): PartitionRun {
  const run = new LivePartition(spec, key, claim, claimedAtMs);
  const part = { name: `${spec.job.name}:${spec.key} ${claim.name}`, standingMs: () => run.standingMs() };
  spec.parts.add(part);
  const ended = run.run().finally(() => spec.parts.delete(part));
  return { ended, drain: () => run.drain(), cut: () => run.cut() };
}

class LivePartition<P, O, K, V, T> {
  readonly #spec: JobSpec<P, O, K, V, T>;
  readonly #claim: PartitionClaim;
  readonly #hold: PartitionHold;
  readonly #partition: JobPartition<K>;
  #chainRun: ChainRun | undefined;
  #lostBy: WeirError | undefined;

  constructor(spec: JobSpec<P, O, K, V, T>, key: K, claim: PartitionClaim, claimedAtMs: number) {
    const { job, database, clock, options, settings } = spec;
    this.#spec = spec;
    this.#claim = claim;
    this.#hold = new PartitionHold({
      database,
      clock,
      times: settings,
      claim,
      claimedAtMs,
      name: `partition ${claim.name} of ${job.name}:${spec.key}`,
      skipLimit: job.skipLimit?.(options) ?? 0,
      lost: (reason) => {
        this.#lostBy = reason;
        this.#chainRun?.cut();
      },
    });
    this.#partition = partitionOf(job.name, key, claim, this.#hold);
  }

  standingMs(): number {
    return this.#chainRun?.standingMs() ?? 0;
  }

  drain(): void {
    this.#chainRun?.drain();
  }

  cut(): void {
    this.#chainRun?.cut();
  }

  async run(): Promise<void> {
    try {
      await this.#work();
    } catch (error) {
      // The database is away: the lease runs out, and whoever sees it first goes on from the checkpoint.
      this.#hold.abandon();
      this.#log('job partition left to its lease', error);
    }
  }

  async #work(): Promise<void> {
    let source: RowSource<V>;
    try {
      source = this.#source();
    } catch (error) {
      return this.#failed(error);
    }
    this.#chainRun = runJobChain(this.#spec, this.#partition, source);
    const end = await this.#chainRun.ended;
    if (!end.isQuiet) throw new WeirError('cancelled', 'effects outlived the stop timeout');
    if (this.#lostBy !== undefined) throw this.#lostBy;
    if (end.how === 'failed') return this.#failed(end.error);
    const isDone = end.how === 'completed' && source.isExhausted() && this.#chainRun.counts().released === 0;
    if (!(await (isDone ? this.#hold.complete() : this.#hold.release()))) throw new WeirError('fenced', 'another process holds it');
    this.#spec.log.info(isDone ? 'job partition completed' : 'job partition handed back', this.#fields());
  }

  #source(): RowSource<V> {
    const { job, ports, options, settings } = this.#spec;
    const reader = job.rows(ports, this.#partition, options);
    const epoch = Number(this.#claim.token);
    return rowSource({
      partition: this.#claim.name,
      epoch,
      reader,
      from: this.#partition,
      keeper: this.#hold,
      pageSize: settings.pageSize,
    });
  }

  async #failed(error: unknown): Promise<void> {
    const { clock, settings } = this.#spec;
    const consequence = consequenceOf(error, this.#hold.failures, settings, clock);
    if (consequence.how === 'fenced') throw error;
    const failure = failureOf(error);
    const delayMs = consequence.how === 'retry' ? consequence.delayMs : 0;
    let isTaken = false;
    try {
      const isMine = await this.#hold.fail(failure, delayMs, async (transaction) => {
        if (consequence.how === 'fail') await failRun(transaction, this.#claim.runId, failure);
      });
      isTaken = !isMine;
    } finally {
      // What a holder that stood still runs into is no failure of the partition: its new holder goes on.
      if (isTaken) this.#spec.log.info('partition was taken over by another process: nothing was written here', this.#fields());
      else this.#log('job partition failed', error);
    }
  }

  #log(sentence: string, error: unknown): void {
    const { code, text } = failureOf(error);
    this.#spec.log.warn(sentence, { ...this.#fields(), code, error: text });
  }

  #fields(): { readonly job: string; readonly key: string; readonly partition: string } {
    return { job: this.#spec.job.name, key: this.#spec.key, partition: this.#claim.name };
  }
}
