import { Observable } from 'rxjs';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Delivery } from '../../message/message.ts';
import type { Run } from '../../message/run.ts';
import type { Topic } from '../bus.ts';
import type { Room, Settled, Source } from '../source.ts';
import { SourceRecord, type SourceStatus } from '../sourceStatus.ts';
import { untilSettled } from '../untilSettled.ts';
import { GroupReading, type GroupReadingSpec } from './groupReading.ts';
import type { GroupOffsets } from './groupOffsets.ts';
import type { BatchProducer } from './producer.ts';
import { isOver } from './translateError.ts';
import { writeDeadLetter } from './writeDeadLetter.ts';

/** Parts of a bus that its sources share. */
export interface SharedParts extends Pick<GroupReadingSpec, 'kafka' | 'settings' | 'outage'> {
  readonly producer: BatchProducer;
}

/**
 * Reads a topic as a member of a group, which shares its partitions.
 *
 * Delivery is at least once; order holds per partition, in whatever process. The partition is `topic/number`, the position the
 * offset. A commit says that everything below it is settled, and is made only for partitions that are held, under the
 * assignment under which they were read.
 */
export class TopicSource implements Source {
  readonly #topic: Topic;
  readonly #group: string;
  readonly #parts: SharedParts;
  readonly #offsets: GroupOffsets;
  readonly #closing = new AbortController();
  readonly #record: SourceRecord;
  #epoch = 0;
  #reading: GroupReading | undefined;
  /** Ends of the subscriptions so far: the next one begins when they have left the group. */
  #ended: Promise<void> = Promise.resolve();

  constructor(topic: Topic, group: string, offsets: GroupOffsets, parts: SharedParts) {
    this.#topic = topic;
    this.#group = group;
    this.#offsets = offsets;
    this.#parts = parts;
    this.#record = new SourceRecord(parts.settings.clock, parts.settings.timeLimitMs);
  }

  messages(run: Run, room: Room): Observable<Delivery> {
    return new Observable((subscriber) => {
      const cutting = new AbortController();
      const over = AbortSignal.any([cutting.signal, run.signal]);
      const stopped = AbortSignal.any([over, run.draining, this.#closing.signal]);
      const reading = new GroupReading({
        ...this.#parts,
        ...{ record: this.#record, topic: this.#topic, group: this.#group, room, stopped, subscriber },
        nextEpoch: () => (this.#epoch += 1),
      });
      this.#reading?.end();
      this.#reading = reading;
      this.#ended = this.#ended.then(() => reading.run());
      // What is over has nothing in flight, drained before or not: the others need not wait for this member.
      whenAborted(over, () => reading.end());
      // Drained it stays a member, for what is in flight.
      whenAborted(stopped, () => {
        if (!over.aborted) subscriber.complete();
      });
      return () => {
        if (!stopped.aborted) cutting.abort(new WeirError('cancelled', 'the subscription was cut'));
      };
    });
  }

  async settle(settled: Settled): Promise<void> {
    this.#reading?.ended(settled);
    const how = { ...this.#parts, activity: `commit ${this.#topic.name} ${this.#group}`, closing: this.#closing.signal };
    await untilSettled(how, () => this.#commit());
  }

  async deadLetter(letter: DeadLetter): Promise<void> {
    await writeDeadLetter(this.#parts.producer, this.#topic, letter);
  }

  async lag(): Promise<number | undefined> {
    return this.#offsets.waiting(this.#topic.name, this.#group, this.#reading?.held() ?? []);
  }

  status(): SourceStatus {
    const held = new Map(this.#reading?.held().map((one) => [one.partition, one]));
    // Others may be added while this process runs.
    const numbers = new Set([...Array.from({ length: this.#topic.partitions }, (_, number) => number), ...held.keys()]);
    return this.#record.status(
      [...numbers].map((number) => ({ number, isHeld: held.has(number), silentMs: held.get(number)?.silentMs ?? 0 })),
    );
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.#closing.abort(new WeirError('cancelled', 'the source was closed'));
    this.#reading?.end();
    await this.#ended;
  }

  /** What is another's by now is not committed: it settles that itself. */
  async #commit(): Promise<void> {
    try {
      await this.#reading?.commit();
    } catch (error) {
      if (!isOver(error)) throw error;
    }
  }
}

/** Does it at once where the signal is aborted already. */
function whenAborted(signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
}
