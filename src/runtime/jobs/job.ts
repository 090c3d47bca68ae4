import type { Observable } from 'rxjs';
import type { Message } from '../../message/message.ts';
import type { OptionsSchema } from '../definePipeline.ts';
import { stagesOf } from '../stagesOf.ts';
import type { ChunkStore } from './chunkStore.ts';

/** A value that survives being written as JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** One part of a run, worked on by one holder at a time. */
export interface PartitionPlan {
  /** Unique within the run; label of its progress. */
  readonly name: string;
  /** What makes this partition different from its neighbours (a hash, a month). */
  readonly input: Json;
  /** How many rows it is expected to read, for progress; undefined when nobody knows. */
  readonly total: number | undefined;
}

/** A partition as its holder sees it while it works. */
export interface JobPartition<K> extends PartitionPlan {
  readonly job: string;
  readonly key: K;
  /** 0 in a dry run, which has no row. */
  readonly runId: bigint;
  /** Where a restart reads on, set in the transaction of the last chunk; undefined at the start. */
  readonly checkpoint: string | undefined;
  /** Up to where everything also left the bottom of the chain (for jobs that publish after they wrote); never above `checkpoint`. */
  readonly published: string | undefined;
  readonly isDryRun: boolean;
  /** Where `writeChunk` makes its chunks durable. */
  readonly chunks: ChunkStore;
}

/** Pages of rows in ascending order of a unique position. */
export interface RowReader<V> {
  /**
   * The next rows after a position (undefined: from the first), at most `limit`; an empty page ends the partition. The first comes after
   * the checkpoint. What looks for long until it has found some stops when the signal is aborted: its page is not read then.
   */
  page(after: string | undefined, limit: number, signal: AbortSignal): Promise<readonly V[]>;
  /** The unique position of a row, for the checkpoint. */
  positionOf(row: V): string;
  /**
   * For a job that publishes what it has written: the next rows after a position, up to and with `upTo`, of those that are written
   * and perhaps not published. What has moved on since may be left out. Its `write` must answer the same for a row that it has
   * written before. Asked before the first page, from where the partition has published to its checkpoint; a job without it goes
   * on behind its checkpoint.
   */
  again?(after: string | undefined, upTo: string, limit: number): Promise<readonly V[]>;
  /**
   * The rows at these positions, in any order, without those that are gone: what `job run --skipped` reads. A job without it
   * cannot process skipped rows after mending.
   */
  at?(positions: readonly string[]): Promise<readonly V[]>;
}

/** Gathers what a dry run would have done; `summary` is printed. */
export interface Preview<T> {
  add(values: readonly T[]): void;
  summary(): Json;
}

/** What planning may do. */
export interface PlanContext {
  /** Then nothing may be written: what the run would need is only looked at. */
  readonly isDryRun: boolean;
}

/** A job as its file writes it. */
export interface JobDefinition<P, O, K, V, T = unknown> {
  readonly name: string;
  readonly profile: string;
  readonly options: OptionsSchema<O>;
  /** From 1; raised when the meaning of the plan changes: older processes do not claim newer plans. */
  readonly planVersion: number;
  /** Reads the key of a run; throws `invalidKey` that says what was expected. */
  parseKey(text: string): K;
  /** Whether its time has come, before a run is opened for a person; throws `invalidKey` that says why not. `plan` checks it again. */
  checkKey?(key: K, now: Date): void;
  /** Makes whatever the run needs (month partitions, a closed period) and divides it. Once per run; again after a crash, so repeatable. */
  plan(ports: P, key: K, options: O, context: PlanContext): Promise<readonly PartitionPlan[]>;
  rows(ports: P, partition: JobPartition<K>, options: O): RowReader<V>;
  chain(row$: Observable<Message<V>>, ports: P, options: O, partition: JobPartition<K>): Observable<Message<unknown>>;
  /**
   * Rows of one run that may be put aside as skips and not be resolved; one more fails the run, to be run again after mending.
   * Absent: none.
   */
  skipLimit?(options: O): number;
  /**
   * Checks the result of the whole run before it counts as completed; throws `incomplete`. Then the run fails, and running it
   * again reads every partition from its first row: `write` must leave alone what it has written. One process at a time calls
   * it, again after a crash.
   */
  finish?(ports: P, key: K, options: O): Promise<void>;
  /** For `--dry-run`: gathers what `writeChunk` would have been given. A job without it has no dry run. */
  preview?(ports: P, key: K): Preview<T>;
  /** What people are told about a run that has ended, besides its counts. Reads only. */
  report?(ports: P, key: K): Promise<Json>;
}

/**
 * A finite, restartable run: run → partition → chunk.
 *
 * A run has a key and completes once. Its partition plan is written once; any process claims a partition under a lease with a
 * fencing token. Each chunk's transaction holds the chunk, the skips and the checkpoint, so a process that dies costs at most
 * one chunk of work, and another takes over without a person.
 */
export interface Job<P, O, K, V, T = unknown> extends JobDefinition<P, O, K, V, T> {
  /** The names of its stages from top to bottom, taken from the functions they are made of. */
  readonly stages: readonly string[];
}

/** Defines a job. Ports are inferred from the annotation of `plan`'s first argument. A stage without a name fails here. */
export function defineJob<P, O, K, V, T = unknown>(definition: JobDefinition<P, O, K, V, T>): Job<P, O, K, V, T> {
  const options = definition.options.parse({});
  const stages = stagesOf<V>(definition.name, (row$, ports) =>
    definition.chain(row$, ports as P, options, blankPartition(definition.name) as JobPartition<K>),
  );
  return { ...definition, stages };
}

/** A partition of no run: enough to build a chain, not to run one. */
function blankPartition(job: string): JobPartition<unknown> {
  let writers = 0;
  const attach = (): void => {
    writers += 1;
    if (writers > 1) throw new TypeError(`${job} writes chunks twice: a partition has one checkpoint`);
  };
  return {
    name: 'none',
    input: null,
    total: undefined,
    job,
    key: undefined,
    runId: 0n,
    checkpoint: undefined,
    published: undefined,
    isDryRun: true,
    chunks: { attach, placeOf: () => 0, commit: () => Promise.resolve([]) },
  };
}
