import type { Transaction } from '../../connectors/database.ts';
import type { Answer } from '../../message/decision.ts';
import type { Message } from '../../message/message.ts';

/**
 * Writes values in the transaction that also holds their checkpoint: one answer for each value, in the same order, or nothing
 * when all of them go on unchanged. It has no effect outside the transaction, since a chunk may be tried again or in halves.
 */
export type ChunkWrite<T, R> = (transaction: Transaction, values: readonly T[]) => Promise<readonly Answer<R>[] | undefined>;

/** A piece of the line of rows, in read order, open and decided. */
export interface ChunkPart<T, R> {
  readonly stage: string;
  readonly line: readonly Message<T>[];
  readonly write: ChunkWrite<T, R>;
}

/** Where `writeChunk` makes its chunks durable; the runtime gives each claim of a partition its own. */
export interface ChunkStore {
  /** Told when the chain is built: from now on checkpoints are set by `commit`, not by what leaves the bottom. */
  attach(): void;
  /** The place of a row in read order, from 0 for the first that was read under this claim. */
  placeOf(position: string): number;
  /**
   * Writes a part in one transaction: checkpoint behind its last row, counters, skips, and `write` of its open messages, if there
   * are any. Resolves with the messages once all of it is durable. Errors: `fenced` when the partition has another holder,
   * `skipLimit`, and whatever `write` throws; after any of them nothing of the part is written.
   */
  commit<T, R>(part: ChunkPart<T, R>): Promise<readonly Message<R>[]>;
}
