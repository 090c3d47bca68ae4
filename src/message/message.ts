import type { WeirError } from '../errors.ts';
import type { Run } from './run.ts';

/**
 * How a message ended, exactly once. Set only after the durable write that makes it true.
 *
 * - `done`: worked on to the end.
 * - `skipped`: nothing to do (a duplicate, a row that is not ours).
 * - `deferred`: a row in the database brings it back later.
 * - `dead`: put aside with its reason.
 * - `released`: given back unfinished, to be delivered again; never acknowledged.
 */
export type Outcome = 'done' | 'skipped' | 'deferred' | 'dead' | 'released';

/** One unit as a source has read it. `V` is its content: bytes from a bus, a row in a job. */
export interface Delivery<V = Uint8Array> {
  /** Ordering key: messages of one key stay in order. */
  readonly key: string;
  readonly headers: ReadonlyMap<string, string>;
  /** The serial sequence it was read from: a broker's partition, a stream, a job's partition. */
  readonly partition: string;
  /** The assignment of that partition to this process; rises with every new one. */
  readonly epoch: number;
  /** Its place in the partition, in the source's own words (an offset, a stream id, a key). */
  readonly position: string;
  /** Deliveries of it so far, this one included; from 1. */
  readonly attempt: number;
  readonly value: V;
  /** Why the source itself refuses it (oversize, delivered too often, not one of ours): it becomes a dead letter before the chain. */
  readonly refusal?: WeirError;
}

/** What stays the same about a message from the top of a chain to the bottom. Its identity is the message's identity. */
export interface Envelope extends Omit<Delivery, 'value' | 'refusal'> {
  /** The bytes as they were read; for rows of a job, their JSON. */
  readonly original: Uint8Array;
  readonly run: Run;
}

/** A message that is still worked on. */
export interface Open<T> {
  readonly envelope: Envelope;
  readonly outcome?: undefined;
  readonly value: T;
}

/** A message whose end is known; it passes every later stage untouched and has no value to cast. */
export interface Decided {
  readonly envelope: Envelope;
  readonly outcome: Outcome;
  /** Why, in a few words for logs and people; no personal data. */
  readonly reason: string;
}

export type Message<T> = Open<T> | Decided;

/** True for a message that a stage may act on. */
export function isOpen<T>(message: Message<T>): message is Open<T> {
  return message.outcome === undefined;
}

/** The same message with another value. */
export function withValue<T>(message: Message<unknown>, value: T): Open<T> {
  return { envelope: message.envelope, value };
}

/** The same message, ended. */
export function decide(message: Message<unknown>, outcome: Outcome, reason: string): Decided {
  return { envelope: message.envelope, outcome, reason };
}
