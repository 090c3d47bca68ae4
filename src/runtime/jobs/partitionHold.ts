import type { Database, Transaction } from '../../connectors/database.ts';
import type { Settled } from '../../connectors/source.ts';
import { kindOf, WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import { isOpen, type Decided, type Message } from '../../message/message.ts';
import type { ChunkPart, ChunkStore } from './chunkStore.ts';
import type { Failure } from './failure.ts';
import { Lease, trustMs, type LeaseTimes } from './lease.ts';
import type { PartitionClaim } from './partitionClaim.ts';
import {
  advancePartition,
  committedChunks,
  completePartition,
  countPartition,
  failPartition,
  failuresBefore,
  releasePartition,
  renewPartition,
  type PartitionProgress,
} from './partitionWrites.ts';
import { RowLine } from './rowLine.ts';
import { RowRate } from './rowRate.ts';
import type { RowKeeper } from './rowSource.ts';
import { countSkips, insertSkips, type Skip } from './skips.ts';
import { Turns } from './turns.ts';
import { writePart, type Conclusion } from './writePart.ts';

export interface PartitionHoldSpec {
  readonly database: Database;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  readonly claim: PartitionClaim;
  /** Elapsed time at which the claim began. */
  readonly claimedAtMs: number;
  /** For sentences: job, key and partition. */
  readonly name: string;
  readonly skipLimit: number;
  /** Told once when the partition is lost: nothing more may be done for it. */
  readonly lost: (reason: WeirError) => void;
}

/**
 * One claim of a partition: its lease, its line of rows, and every write under its token, one after another.
 *
 * Each chunk is a transaction that *begins* with the update of the partition's row. First, since then a holder that was fenced
 * fails before it has done anything, the row's lock keeps a successor out while the transaction lives (claims skip locked
 * rows), and the update renews the lease, so heartbeats are needed only between chunks. Nobody waits for that lock but our own
 * heartbeat, and that takes its turn here.
 *
 * What died is noted in memory and written by the transaction that passes it: the chunk's, or, where it died after it was
 * written or nothing writes chunks, that of its settling.
 */
export class PartitionHold implements ChunkStore, RowKeeper {
  readonly #spec: PartitionHoldSpec;
  readonly #lease: Lease;
  readonly #rate: RowRate;
  readonly #turns = new Turns();
  /** Skips that no transaction has written yet, by position. */
  readonly #noted = new Map<string, Skip>();
  /** Rows that `commit` has put aside and is about to tell the run about. */
  readonly #written = new Set<string>();
  readonly #line: RowLine;
  #hasWriter = false;
  #chunks: bigint;
  #progressed: PartitionProgress;

  constructor(spec: PartitionHoldSpec) {
    const { claim, clock, times, name } = spec;
    this.#spec = spec;
    this.#chunks = claim.chunks;
    this.#progressed = {
      checkpoint: claim.checkpoint ?? undefined,
      published: claim.published ?? undefined,
      rowsRead: Number(claim.rowsRead),
      rowsWritten: Number(claim.rowsWritten),
      rowsPublished: Number(claim.rowsPublished),
      rowsPerSecond: 0,
    };
    this.#line = new RowLine(this.#progressed.rowsRead);
    this.#rate = new RowRate(clock, this.#progressed.rowsRead);
    const renew = (): Promise<boolean> =>
      this.#turns.take(() => renewPartition(spec.database, claim, this.#chunks, this.#progress(), times.leaseMs));
    this.#lease = new Lease({ name, clock, times, renew, lost: spec.lost }, spec.claimedAtMs);
  }

  attach(): void {
    this.#hasWriter = true;
  }

  read(position: string, isAgain: boolean): void {
    this.#line.read(position, isAgain);
  }

  placeOf(position: string): number {
    return this.#line.placeOf(position);
  }

  async commit<T, R>(part: ChunkPart<T, R>): Promise<readonly Message<R>[]> {
    const { messages, died } = await this.#turns.take(() => this.#commit(part));
    for (const { envelope, error } of died) {
      this.#written.add(envelope.position);
      await envelope.run.deadLetter(envelope, part.stage, error);
    }
    return messages;
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    if (!this.#written.delete(letter.position)) this.#noted.set(letter.position, letter);
    return Promise.resolve();
  }

  /**
   * Where chunks are written, what left the bottom is only remembered and goes with the next chunk or heartbeat: a crash
   * publishes again what left since, which is what publishing allows for anyway. Without them it is the checkpoint.
   */
  settle({ messages, watermarks }: Settled): Promise<void> {
    return this.#turns.take(async () => {
      const watermark = watermarks.at(-1)?.position;
      const skips = this.#skipsAmong(messages);
      const next = this.#hasWriter ? this.#left(watermark) : this.#settled(messages, watermark);
      if (!this.#hasWriter || skips.length > 0) {
        await this.#advance(next, (transaction) => this.#record(transaction, skips, next.rowsWritten));
      }
      this.#apply(next, skips);
      if (watermark !== undefined) this.#line.leave(watermark);
    });
  }

  /** Failures in a row so far. */
  get failures(): number {
    return failuresBefore(this.#spec.claim, this.#progressed);
  }

  /** Ends the claim: the partition is completed. False when another holds it. */
  complete(): Promise<boolean> {
    return this.#end((database, claim) => {
      const { checkpoint, rowsRead, ...progress } = this.#progress();
      return completePartition(database, claim, this.#chunks, {
        ...progress,
        checkpoint,
        published: checkpoint,
        rowsRead,
        rowsPublished: rowsRead,
      });
    });
  }

  /** Ends the claim: the partition may be claimed at once. */
  release(): Promise<boolean> {
    return this.#end((database, claim) => releasePartition(database, claim, this.#chunks, this.#progress()));
  }

  /** Ends the claim after a failure; `then` runs in the same transaction. */
  fail(failure: Failure, delayMs: number, then: (transaction: Transaction) => Promise<void>): Promise<boolean> {
    return this.#end((database, claim) =>
      database.withTransaction(async (transaction) => {
        const isMine = await failPartition(transaction, claim, this.#chunks, this.#progress(), failure, delayMs);
        if (isMine) await then(transaction);
        return isMine;
      }),
    );
  }

  /** Ends the claim without telling anybody: its lease runs out. */
  abandon(): void {
    this.#lease.stop();
  }

  #end(write: (database: Database, claim: PartitionClaim) => Promise<boolean>): Promise<boolean> {
    this.#lease.stop();
    return this.#turns.take(() => write(this.#spec.database, this.#spec.claim));
  }

  async #commit<T, R>(part: ChunkPart<T, R>): Promise<Conclusion<R>> {
    const open = part.line.filter(isOpen);
    const last = part.line.at(-1)?.envelope.position ?? '';
    const lastNumber = this.#line.numberOf(last);
    const now = this.#progress();
    // Rows that are given again, because they may not have been published, count once and move no checkpoint: they are fewer than
    // those that were written where some have moved on, and a checkpoint among them would hide the others from the next holder.
    const isNew = ({ envelope }: Message<unknown>): boolean => this.#line.numberOf(envelope.position) > now.rowsRead;
    const rowsWritten = now.rowsWritten + open.filter(isNew).length;
    const moved = lastNumber > now.rowsRead ? { checkpoint: last, rowsRead: lastNumber } : {};
    const behind = { ...now, ...moved, rowsWritten };
    const outcome = await this.#advance(behind, async (transaction) => {
      const conclusion = await writePart(transaction, part, this.#noted);
      const reallyWritten = now.rowsWritten + conclusion.messages.filter((message) => isOpen(message) && isNew(message)).length;
      if (reallyWritten !== rowsWritten || conclusion.skips.length > 0) await this.#record(transaction, conclusion.skips, reallyWritten);
      return { conclusion, reallyWritten };
    });
    this.#apply({ ...behind, rowsWritten: outcome.reallyWritten }, outcome.conclusion.skips);
    return outcome.conclusion;
  }

  /**
   * One transaction under the token. When nobody can tell whether it was committed, the partition's row can: only this claim
   * counts its chunks.
   */
  async #advance<A>(progress: PartitionProgress, work: (transaction: Transaction) => Promise<A>): Promise<A> {
    const { database, clock, claim, times, name } = this.#spec;
    const startedAtMs = clock.elapsedMs();
    let answer: { readonly value: A } | undefined;
    try {
      if (this.#lease.remainingMs() === 0) throw new WeirError('fenced', `the lease of ${name} is not to be trusted any more`);
      await database.withTransaction(
        async (transaction) => {
          const isMine = await advancePartition(transaction, claim, this.#chunks, progress, times.leaseMs);
          if (!isMine) throw new WeirError('fenced', `${name} was taken over by another process: nothing was written`);
          answer = { value: await work(transaction) };
        },
        { timeLimitMs: trustMs(times) },
      );
    } catch (error) {
      if (error instanceof WeirError && error.code === 'fenced') this.#lease.lose();
      if (kindOf(error) !== 'unknown' || !answer || !(await this.#isCommitted())) throw error;
    }
    if (!answer) throw new WeirError('defect', `A transaction of ${name} ended without an answer.`);
    this.#chunks += 1n;
    this.#lease.renewed(startedAtMs);
    return answer.value;
  }

  async #isCommitted(): Promise<boolean> {
    return (await committedChunks(this.#spec.database, this.#spec.claim)) === this.#chunks + 1n;
  }

  async #record(transaction: Transaction, skips: readonly Skip[], rowsWritten: number): Promise<void> {
    const { claim, skipLimit } = this.#spec;
    const newly = skips.length === 0 ? 0 : await insertSkips(transaction, claim.runId, claim.name, skips);
    await countPartition(transaction, claim, rowsWritten, newly);
    if (newly > 0) await countSkips(transaction, claim.runId, newly, skipLimit);
  }

  #skipsAmong(messages: readonly Decided[]): readonly Skip[] {
    if (this.#noted.size === 0) return [];
    return messages.map(({ envelope }) => this.#noted.get(envelope.position)).filter((skip) => skip !== undefined);
  }

  /** Progress once everything up to the watermark has left the chain. */
  #left(watermark: string | undefined): PartitionProgress {
    if (watermark === undefined) return this.#progress();
    const { rowsRead, rowsPublished } = this.#progressed;
    const left = Math.min(this.#line.numberOf(watermark), rowsRead);
    return { ...this.#progress(), published: watermark, rowsPublished: Math.max(left, rowsPublished) };
  }

  /** The same where nothing writes chunks: what has left is what was read. */
  #settled(messages: readonly Decided[], watermark: string | undefined): PartitionProgress {
    const rowsWritten = this.#progressed.rowsWritten + messages.filter(({ outcome }) => outcome === 'done').length;
    if (watermark === undefined) return { ...this.#progress(), rowsWritten };
    const rowsRead = this.#line.numberOf(watermark);
    return { ...this.#progress(), checkpoint: watermark, published: watermark, rowsRead, rowsPublished: rowsRead, rowsWritten };
  }

  /** Only what is durable, or may be told late, counts as progress: what failed is not handed on to the next holder. */
  #apply(progress: PartitionProgress, skips: readonly Skip[]): void {
    this.#progressed = progress;
    for (const { position } of skips) this.#noted.delete(position);
  }

  #progress(): PartitionProgress {
    return { ...this.#progressed, rowsPerSecond: this.#rate.at(this.#progressed.rowsRead) };
  }
}
