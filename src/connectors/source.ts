import type { Observable } from 'rxjs';
import type { DeadLetter } from '../message/deadLetter.ts';
import type { Decided, Delivery } from '../message/message.ts';
import type { Run } from '../message/run.ts';
import type { SourceStatus } from './sourceStatus.ts';

/**
 * What a source may still read. Two bounds: the window (messages between the top and the bottom of the pipeline) and, for
 * each partition, the span (messages read above its watermark). A paused pipeline grants none.
 */
export interface Room {
  /**
   * Reserves 1 to `max` messages of a partition; waits while there is none. Rejects only with the signal's reason.
   * The caller emits that many messages, or gives the rest back.
   */
  take(max: number, partition: string, signal: AbortSignal): Promise<number>;
  /** Returns room that was reserved and not used. */
  giveBack(count: number, partition: string): void;
}

/** The highest position of a partition below which, itself included, everything that was read is settled. */
export interface Watermark {
  readonly partition: string;
  readonly epoch: number;
  readonly position: string;
}

/** What one call of `settle` is told. `released` messages are not among them. */
export interface Settled {
  readonly messages: readonly Decided[];
  /** The watermarks that rose with them. */
  readonly watermarks: readonly Watermark[];
}

/**
 * Where a pipeline reads.
 *
 * A source lives as long as the process; it is subscribed once at a time, again after each restart. What an earlier
 * subscription emitted and nobody settled is delivered again by the next one. A message is emitted at least once and, while it
 * is in flight in this process, never a second time.
 */
export interface Source<V = Uint8Array> {
  /**
   * Reads, having reserved room first. Completes when `run.draining` is aborted (what was read is emitted, no more is read);
   * stops at unsubscription or when `run.signal` is aborted. Errors only for what a restart may cure (a `WeirError`), or for a
   * defect. Reconnects within a run are the source's own affair.
   */
  messages(run: Run, room: Room): Observable<Delivery<V>>;
  /**
   * Makes the end of messages durable where they came from (acknowledge, commit). Called with one call outstanding. What was
   * read under an epoch that is over is dropped silently: its new owner settles it. An error fails the run.
   */
  settle(settled: Settled): Promise<void>;
  /** Writes a dead letter durably to the place where this source's dead letters live; cut, and saying so, where that takes no more. */
  deadLetter(letter: DeadLetter): Promise<void>;
  /** Messages waiting to be read, for metrics; undefined while the source cannot know, absent where it never can. */
  lag?(): Promise<number | undefined>;
  /** How it stands towards its broker, for metrics and people; undefined before it is first read, absent where there is no broker. Costs no call. */
  status?(): SourceStatus | undefined;
  /** Ends every connection. After it the source is of no use. */
  close(): Promise<void>;
}
