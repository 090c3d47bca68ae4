import type { Database, Transaction } from '../../connectors/database.ts';
import type { Settled } from '../../connectors/source.ts';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Message } from '../../message/message.ts';
import type { ChunkPart, ChunkStore } from './chunkStore.ts';
import { writePart } from './writePart.ts';
import { RowLine } from './rowLine.ts';
import type { RowKeeper } from './rowSource.ts';
import { countSkips, insertSkips, resolveSkips, type Skip } from './skips.ts';

export interface SkippedHoldSpec {
  readonly database: Database;
  readonly runId: bigint;
  readonly partition: string;
  /** Longest transaction, in milliseconds. */
  readonly timeLimitMs: number;
}

/**
 * Writes rows that were skipped before, each chunk in one transaction with the resolution of its skips. There is no lease: a
 * skip is resolved once, by an update that must hit every one of the chunk, so two people who do this at the same time write
 * no row twice. The checkpoint of the partition stays where it is.
 */
export class SkippedHold implements ChunkStore, RowKeeper {
  readonly #spec: SkippedHoldSpec;
  readonly #line = new RowLine(0);
  readonly #noted = new Map<string, Skip>();
  #hasWriter = false;

  constructor(spec: SkippedHoldSpec) {
    this.#spec = spec;
  }

  attach(): void {
    this.#hasWriter = true;
  }

  read(position: string): void {
    this.#line.read(position, false);
  }

  placeOf(position: string): number {
    return this.#line.placeOf(position);
  }

  async commit<T, R>(part: ChunkPart<T, R>): Promise<readonly Message<R>[]> {
    const { messages, died } = await this.#transact(part.line, (transaction) => writePart(transaction, part, this.#noted));
    for (const { envelope, error } of died) await envelope.run.deadLetter(envelope, part.stage, error);
    return messages;
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    this.#noted.set(letter.position, letter);
    return Promise.resolve();
  }

  /** What died below the write is a skip again; where nothing writes chunks, what has left is resolved. */
  async settle({ messages, watermarks }: Settled): Promise<void> {
    const skips = messages.map(({ envelope }) => this.#noted.get(envelope.position)).filter((skip) => skip !== undefined);
    if (!this.#hasWriter || skips.length > 0) {
      await this.#transact(this.#hasWriter ? [] : messages, () => Promise.resolve({ skips }));
    }
    for (const { position } of skips) this.#noted.delete(position);
    for (const { position } of watermarks) this.#line.leave(position);
  }

  /** Resolves the skips of messages that live, does the work, and puts aside again what died in it. */
  #transact<A extends { readonly skips: readonly Skip[] }>(
    messages: readonly Message<unknown>[],
    work: (transaction: Transaction) => Promise<A>,
  ): Promise<A> {
    const { database, runId, partition, timeLimitMs } = this.#spec;
    const positions = messages.filter(({ outcome }) => outcome !== 'dead').map(({ envelope }) => envelope.position);
    return database.withTransaction(
      async (transaction) => {
        if ((await resolveSkips(transaction, runId, partition, positions)) !== positions.length) {
          throw new WeirError('fenced', `skips of run ${runId} were resolved by somebody else meanwhile: nothing was written`);
        }
        const result = await work(transaction);
        const again = await insertSkips(transaction, runId, partition, result.skips);
        await countSkips(transaction, runId, again - positions.length, Number.MAX_SAFE_INTEGER);
        return result;
      },
      { timeLimitMs },
    );
  }
}
