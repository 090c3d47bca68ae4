import type { KafkaMessage } from 'kafkajs';
import type { Clock } from '../../message/clock.ts';
import type { Delivery } from '../../message/message.ts';
import type { Topic } from '../bus.ts';
import type { Room } from '../source.ts';
import { contentOf, sizeOf } from './record.ts';

/** Marks of the read-ahead: it is paused at a high one and resumed at a low one. Answers come in pieces of a megabyte at most. */
const highCount = 1_000;
const highBytes = 1_048_576;
const lowCount = highCount / 2;
const lowBytes = highBytes / 2;

/** What a held partition is made from. */
export interface HeldPartitionSpec {
  readonly clock: Clock;
  readonly topic: Topic;
  readonly partition: number;
  readonly epoch: number;
  readonly room: Room;
  /** Resolves when what was emitted of this partition under an earlier epoch has ended: nothing is emitted before. */
  readonly before: Promise<void>;
  /** Aborted when no more is to be emitted. */
  readonly stopped: AbortSignal;
  readonly emit: (delivery: Delivery) => void;
  readonly pause: () => void;
  readonly resume: () => void;
}

/**
 * A partition while it is assigned to this process: what is read ahead, what is in flight, up to where it is settled and
 * committed. Memory: the read-ahead, one answer above its high marks at most.
 */
export class HeldPartition {
  readonly name: string;
  readonly partition: number;
  readonly epoch: number;
  readonly #spec: HeldPartitionSpec;
  readonly #stopping = new AbortController();
  readonly #stopped: AbortSignal;
  /** As the signal says, which reckons it anew whenever it is asked. */
  #isStopped: boolean;
  readonly #quiet = Promise.withResolvers<undefined>();
  #waiting: Delivery[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  /** When it last answered, or was first asked, again after a pause. */
  #heardAtMs: number;
  #wake: () => void = () => undefined;
  #inFlight = 0;
  /** The next position that is not settled; undefined until something is. */
  #settledTo: bigint | undefined;
  #committedTo: bigint | undefined;
  #lastEmitted: string | undefined;

  constructor(spec: HeldPartitionSpec) {
    const { topic, partition, epoch, stopped } = spec;
    this.name = `${topic.name}/${partition}`;
    this.partition = partition;
    this.epoch = epoch;
    this.#spec = spec;
    this.#stopped = AbortSignal.any([this.#stopping.signal, stopped]);
    this.#isStopped = this.#stopped.aborted;
    this.#heardAtMs = spec.clock.elapsedMs();
    this.#stopped.addEventListener('abort', () => this.#drop(), { once: true });
    this.#tellQuiet();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** How long it has been asked without an answer, in milliseconds; 0 while it is not asked. */
  get silentMs(): number {
    return this.#isPaused || this.#isStopped ? 0 : this.#spec.clock.elapsedMs() - this.#heardAtMs;
  }

  /** Resolves when it is stopped and nothing that it emitted is in flight. */
  get quiet(): Promise<void> {
    return this.#quiet.promise;
  }

  /** The offset to commit, the next one to be read; undefined when there is nothing new to commit. */
  get toCommit(): bigint | undefined {
    return this.#settledTo === this.#committedTo ? undefined : this.#settledTo;
  }

  /** The next offset that was not emitted; undefined until something was. */
  get emittedTo(): bigint | undefined {
    return this.#lastEmitted === undefined ? undefined : BigInt(this.#lastEmitted) + 1n;
  }

  /** It was asked for messages, and answered. */
  answered(): void {
    this.#heardAtMs = this.#spec.clock.elapsedMs();
  }

  /** Takes what was read, to be emitted when there is room. False when it is stopped: then nothing was taken. */
  push(records: readonly KafkaMessage[]): boolean {
    if (this.#isStopped) return false;
    const { topic, epoch } = this.#spec;
    for (const record of records) {
      const content = contentOf(record, topic.maxSizeBytes);
      this.#waiting.push({ ...content, partition: this.name, epoch, position: record.offset, attempt: 1 });
      this.#waitingBytes += sizeOf(content);
    }
    if (!this.#isPaused && (this.#waiting.length >= highCount || this.#waitingBytes >= highBytes)) {
      this.#isPaused = true;
      this.#spec.pause();
    }
    this.#wake();
    return true;
  }

  /** Emits what was read while there is room. Resolves, never rejects, when it is stopped. */
  async run(): Promise<void> {
    const { before, room } = this.#spec;
    await Promise.race([before, aborted(this.#stopped)]);
    while (!this.#isStopped) {
      if (this.#waiting.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      let granted: number;
      try {
        granted = await room.take(this.#waiting.length, this.name, this.#stopped);
      } catch {
        return; // it was stopped
      }
      this.#emit(granted);
    }
  }

  /** Emits no more. What is in flight may still be settled. */
  stop(): void {
    this.#stopping.abort(new Error('the partition is given up'));
  }

  /** A message has ended. */
  ended(): void {
    this.#inFlight -= 1;
    this.#tellQuiet();
  }

  /** Everything up to a position, itself included, is settled. */
  settledUpTo(position: string): void {
    const to = BigInt(position) + 1n;
    if (this.#settledTo === undefined || to > this.#settledTo) this.#settledTo = to;
  }

  committed(to: bigint): void {
    this.#committedTo = to;
  }

  #emit(granted: number): void {
    const { room, emit } = this.#spec;
    let emitted = 0;
    for (const delivery of this.#waiting.splice(0, granted)) {
      if (this.#isStopped) break;
      emitted += 1;
      this.#inFlight += 1;
      this.#waitingBytes -= sizeOf(delivery);
      this.#lastEmitted = delivery.position;
      emit(delivery);
    }
    if (emitted < granted) room.giveBack(granted - emitted, this.name);
    if (this.#isPaused && !this.#isStopped && this.#waiting.length <= lowCount && this.#waitingBytes <= lowBytes) {
      this.#isPaused = false;
      this.answered();
      this.#spec.resume();
    }
  }

  #drop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#wake();
    this.#tellQuiet();
  }

  #tellQuiet(): void {
    if (this.#isStopped && this.#inFlight === 0) this.#quiet.resolve(undefined);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
