import { Observable, type Subscriber } from 'rxjs';
import type { Topic } from '../bus.ts';
import type { Room, Settled, Source } from '../source.ts';
import { SourceRecord, type SourceStatus } from '../sourceStatus.ts';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import { deadLetterHeaders } from '../../message/deadLetterHeaders.ts';
import type { Delivery } from '../../message/message.ts';
import type { Run } from '../../message/run.ts';
import type { MemoryStore } from './memoryStore.ts';
import type { Fetched, PartitionGroup } from './partitionGroup.ts';

const noHeaders: ReadonlyMap<string, string> = new Map();

/** An answer takes no time here. */
const silentLimitMs = 0;

/** Messages of one read at most. */
const readCount = 500;

/** A member of a group on a memory bus: reads every partition that it can have. */
export class MemoryBusSource implements Source {
  readonly #store: MemoryStore;
  readonly #topic: Topic;
  readonly #parts: readonly PartitionGroup[];
  readonly #closing = new AbortController();
  #record: SourceRecord | undefined;
  #member: object | undefined;

  constructor(store: MemoryStore, topic: Topic, group: string) {
    this.#store = store;
    this.#topic = topic;
    this.#parts = store.group(topic, group);
  }

  messages(run: Run, room: Room): Observable<Delivery> {
    return new Observable((subscriber) => {
      const member = {};
      const record = (this.#record ??= new SourceRecord(run.clock, silentLimitMs));
      this.#member = member;
      record.assigned();
      record.become('reading');
      const cutting = new AbortController();
      const stopped = AbortSignal.any([cutting.signal, run.signal, run.draining, this.#closing.signal]);
      const reads = this.#parts.map((part) => this.#read(part, member, room, stopped, subscriber));
      Promise.all(reads).then(
        () => {
          if (!run.signal.aborted && !this.#closing.signal.aborted) subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
      return () => {
        cutting.abort(new WeirError('cancelled', 'the subscription was cut'));
        for (const part of this.#parts) part.leave(member);
        record.become('idle');
        this.#store.wake();
      };
    });
  }

  async settle({ messages }: Settled): Promise<void> {
    await Promise.resolve();
    for (const { envelope } of messages) {
      const part = this.#parts.find(({ name }) => name === envelope.partition);
      part?.settle(Number(envelope.position), envelope.epoch);
    }
    this.#store.wake();
  }

  async deadLetter(letter: DeadLetter): Promise<void> {
    await Promise.resolve();
    this.#store.topic(this.#topic).deadLetters.push(letter);
    const { key, original } = letter;
    const deadLetters = { ...this.#topic, name: this.#topic.deadLetters };
    this.#store.append(deadLetters, [{ key, value: original, headers: deadLetterHeaders(letter) }]);
  }

  lag(): Promise<number> {
    return Promise.resolve(this.#parts.reduce((sum, part) => sum + part.waiting, 0));
  }

  /** It reads what no other member has: where others have all, it stands by. */
  status(): SourceStatus | undefined {
    const member = this.#member;
    const partitions = this.#parts.map(({ owner }, number) => ({ number, isHeld: owner !== undefined && owner === member, silentMs: 0 }));
    const status = this.#record?.status(partitions);
    const isStandby = status?.state === 'reading' && this.#parts.every(({ owner }) => owner !== undefined && owner !== member);
    return status && isStandby ? { ...status, state: 'standby' } : status;
  }

  async close(): Promise<void> {
    this.#closing.abort(new WeirError('cancelled', 'the source was closed'));
    await Promise.resolve();
  }

  async #read(part: PartitionGroup, member: object, room: Room, stopped: AbortSignal, subscriber: Subscriber<Delivery>): Promise<void> {
    try {
      while (!stopped.aborted) {
        if (part.waiting === 0 || !part.take(member)) {
          await this.#change(stopped);
          continue;
        }
        const granted = await room.take(readCount, part.name, stopped);
        const used = this.#emit(part, member, granted, stopped, subscriber);
        if (used < granted) room.giveBack(granted - used, part.name);
      }
    } catch (error) {
      if (!stopped.aborted) throw error;
    }
  }

  #emit(part: PartitionGroup, member: object, granted: number, stopped: AbortSignal, subscriber: Subscriber<Delivery>): number {
    let used = 0;
    // Another member may have become the owner while this one waited for room.
    while (used < granted && !stopped.aborted && part.take(member)) {
      const fetched = part.fetch();
      if (fetched === undefined) break;
      used += 1;
      subscriber.next(this.#delivery(part, fetched));
    }
    return used;
  }

  #delivery(part: PartitionGroup, { offset, attempt, message }: Fetched): Delivery {
    const { key, value, headers = noHeaders } = message;
    const delivery = { key, headers, partition: part.name, epoch: part.epoch, position: String(offset), attempt, value };
    if (value.byteLength <= this.#topic.maxSizeBytes) return delivery;
    const sentence = `the value has ${value.byteLength} bytes, the topic allows ${this.#topic.maxSizeBytes}`;
    return { ...delivery, refusal: new WeirError('oversize', sentence) };
  }

  /** Resolves when something may have become readable, or the signal is aborted. */
  #change(stopped: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        forget();
        stopped.removeEventListener('abort', end);
        resolve();
      };
      const forget = this.#store.onChange(end);
      stopped.addEventListener('abort', end, { once: true });
    });
  }
}
