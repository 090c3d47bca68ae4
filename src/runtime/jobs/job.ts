import type { Observable } from 'rxjs';
import type { Message } from '../../message/message.ts';
import type { OptionsSchema } from '../definePipeline.ts';

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
  readonly runId: bigint;
  /** Where a restart reads on, set in the transaction of the last chunk; undefined at the start. */
  readonly checkpoint: string | undefined;
  /** Up to where everything also left the bottom of the chain (for jobs that publish after they wrote); never above `checkpoint`. */
  readonly published: string | undefined;
  readonly isDryRun: boolean;
}

/** Pages of rows in ascending order of a unique position. */
export interface RowReader<V> {
  /** The next rows after a position (undefined: from the first), at most `limit`; an empty page ends the partition. */
  page(after: string | undefined, limit: number): Promise<readonly V[]>;
  /** The unique position of a row, for the checkpoint. */
  positionOf(row: V): string;
  /** Where this reader starts: the partition's `checkpoint`, or `published` for a job that publishes. */
  readonly start: string | undefined;
}

/** Gathers what a dry run would have done; `summary` is printed. */
export interface Preview<T> {
  add(values: readonly T[]): void;
  summary(): Json;
}

/**
 * A finite, restartable run: run → partition → chunk.
 *
 * A run has a key and completes once. Its partition plan is written once; any process claims a partition under a lease with a
 * fencing token. Each chunk's transaction holds the chunk, the skips and the checkpoint, so a process that dies costs at most
 * one chunk of work, and another takes over without a person.
 */
export interface Job<P, O, K, V, T = unknown> {
  readonly name: string;
  readonly profile: string;
  readonly options: OptionsSchema<O>;
  /** Raised when the meaning of the plan changes; older processes do not claim newer plans. */
  readonly planVersion: number;
  /** Reads the key of a run; throws `invalidKey` that says what was expected. */
  parseKey(text: string): K;
  /** Makes whatever the run needs (month partitions, a closed period) and divides it. Runs once per run, repeatable. */
  plan(ports: P, key: K, options: O): Promise<readonly PartitionPlan[]>;
  rows(ports: P, partition: JobPartition<K>, options: O): RowReader<V>;
  chain(row$: Observable<Message<V>>, ports: P, options: O, partition: JobPartition<K>): Observable<Message<unknown>>;
  /** Checks the result of the whole run before it counts as completed; throws `incomplete`. */
  finish?(ports: P, key: K, options: O): Promise<void>;
  /** For `--dry-run`: what the chunks would have been written. */
  preview?(): Preview<T>;
}

/** Defines a job. Ports are inferred from the annotation of `plan`'s first argument. */
export function defineJob<P, O, K, V, T = unknown>(job: Job<P, O, K, V, T>): Job<P, O, K, V, T> {
  return job;
}
