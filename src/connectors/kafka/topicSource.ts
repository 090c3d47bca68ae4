import { Observable } from 'rxjs';
import { WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import { deadLetterHeaders } from '../../message/deadLetterHeaders.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Delivery } from '../../message/message.ts';
import { pause } from '../../message/pause.ts';
import type { Run } from '../../message/run.ts';
import type { Topic } from '../bus.ts';
import type { Room, Settled, Source } from '../source.ts';
import { GroupReading, type GroupReadingSpec } from './groupReading.ts';
import type { GroupOffsets } from './groupOffsets.ts';
import type { BatchProducer } from './producer.ts';
import { recordOf } from './record.ts';
import { isOver } from './translateError.ts';

/** Waits between tries of a commit. */
const betweenCommits = { firstMs: 50, maxMs: 1_000 };

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
  #epoch = 0;
  #reading: GroupReading | undefined;
  /** Ends of the subscriptions so far: the next one begins when they have left the group. */
  #ended: Promise<void> = Promise.resolve();

  constructor(topic: Topic, group: string, offsets: GroupOffsets, parts: SharedParts) {
    this.#topic = topic;
    this.#group = group;
    this.#offsets = offsets;
    this.#parts = parts;
  }

  messages(run: Run, room: Room): Observable<Delivery> {
    return new Observable((subscriber) => {
      const cutting = new AbortController();
      const stopped = AbortSignal.any([cutting.signal, run.draining, run.signal, this.#closing.signal]);
      const reading = new GroupReading({
        ...this.#parts,
        ...{ topic: this.#topic, group: this.#group, room, stopped, subscriber },
        nextEpoch: () => (this.#epoch += 1),
      });
      this.#reading?.end();
      this.#reading = reading;
      this.#ended = this.#ended.then(() => reading.run());
      let isDrained = false;
      const end = (): void => {
        if (run.signal.aborted || cutting.signal.aborted) reading.end();
        else {
          // It stays a member, for what is in flight.
          isDrained = true;
          subscriber.complete();
        }
      };
      stopped.addEventListener('abort', end, { once: true });
      // A run that is over has nothing in flight, drained or not: the others need not wait for this member.
      run.signal.addEventListener('abort', () => reading.end(), { once: true });
      if (stopped.aborted) end();
      return () => {
        if (isDrained) return;
        cutting.abort(new WeirError('cancelled', 'the subscription was cut'));
        reading.end();
      };
    });
  }

  /** Committing is repeatable, so it is tried for two time limits: a broker that restarts meanwhile costs no duplicates. */
  async settle(settled: Settled): Promise<void> {
    this.#reading?.ended(settled);
    const { settings, outage } = this.#parts;
    const { clock, timeLimitMs } = settings;
    const activity = `commit ${this.#topic.name} ${this.#group}`;
    const untilMs = clock.elapsedMs() + 2 * timeLimitMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#reading?.commit();
        outage.worked(activity);
        return;
      } catch (error) {
        if (isOver(error)) return;
        const waitMs = backOffMs(betweenCommits, attempt, clock);
        const isLast = clock.elapsedMs() + waitMs > untilMs || this.#closing.signal.aborted;
        if (isLast || !(error instanceof WeirError) || error.kind !== 'transient') throw error;
        outage.failed(activity, error);
        await pause(clock, waitMs, this.#closing.signal);
      }
    }
  }

  async deadLetter(letter: DeadLetter): Promise<void> {
    const record = recordOf({ key: letter.key, value: letter.original, headers: deadLetterHeaders(letter) });
    await this.#parts.producer.send(this.#topic.deadLetters, [record]);
  }

  async lag(): Promise<number | undefined> {
    return this.#offsets.waiting(this.#topic.name, this.#group, this.#reading?.held() ?? []);
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.#closing.abort(new WeirError('cancelled', 'the source was closed'));
    this.#reading?.end();
    await this.#ended;
  }
}
