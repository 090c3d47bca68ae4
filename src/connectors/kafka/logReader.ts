import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { answered } from './client.ts';
import type { KafkaSettings } from './kafkaOptions.ts';
import { translateError } from './translateError.ts';

/** Offsets from one to below another. */
export interface OffsetRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** How long it stays joined after it was last asked: joining takes seconds where the broker waits for other members. */
const idleMs = 30_000;
const fetchWaitMs = 50;

/** What is being read. */
interface Wanted {
  next: bigint;
  readonly to: bigint;
  readonly records: KafkaMessage[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Reads ranges of a topic of one partition, whenever it is asked, one after another. The client reads as a member of a group only:
 * this one has a group of its own for each session, commits nothing, and leaves soon after it was last asked.
 *
 * States: none → (read) joining → joined → none again when it was idle or has failed; → closed.
 */
export class LogReader {
  readonly #topic: string;
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  #joining: Promise<Consumer> | undefined;
  #wanted: Wanted | undefined;
  #before: Promise<unknown> = Promise.resolve();
  #cancelLeave: () => void = () => undefined;
  #isClosed = false;

  constructor(topic: string, kafka: Kafka, settings: KafkaSettings) {
    this.#topic = topic;
    this.#kafka = kafka;
    this.#settings = settings;
  }

  /** The records of all ranges, in their order. Every range lies within what the topic holds. */
  async read(ranges: readonly OffsetRange[]): Promise<readonly KafkaMessage[]> {
    const work = this.#before.then(async () => {
      const records: KafkaMessage[] = [];
      for (const range of ranges) if (range.from < range.to) records.push(...(await this.#readRange(range)));
      return records;
    });
    this.#before = work.catch(() => undefined);
    return work;
  }

  /** Leaves its group. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leave();
  }

  async #readRange({ from, to }: OffsetRange): Promise<readonly KafkaMessage[]> {
    if (this.#isClosed) throw new WeirError('unavailable', 'the connection to Kafka was closed');
    this.#cancelLeave();
    const records: KafkaMessage[] = [];
    try {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      // A crash while it joins rejects it before anybody waits for it.
      void promise.catch(() => undefined);
      this.#wanted = { next: from, to, records, resolve: () => resolve(undefined), reject };
      this.#joining ??= this.#join();
      const consumer = await answered(this.#settings, 2 * this.#settings.timeLimitMs, this.#joining);
      consumer.seek({ topic: this.#topic, partition: 0, offset: from.toString() });
      consumer.resume([{ topic: this.#topic }]);
      await answered(this.#settings, this.#settings.timeLimitMs, promise);
    } catch (error) {
      await this.#leave();
      throw error;
    }
    this.#cancelLeave = this.#settings.clock.after(idleMs, () => void this.#leave());
    return records;
  }

  async #join(): Promise<Consumer> {
    const consumer = this.#kafka.consumer({
      groupId: `weir-look-${randomUUID()}`,
      maxWaitTimeInMs: fetchWaitMs,
      allowAutoTopicCreation: false,
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: () => Promise.resolve(false) },
    });
    const joined = Promise.withResolvers<undefined>();
    consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve(undefined));
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      const error = translateError(payload.error);
      joined.reject(error);
      this.#wanted?.reject(error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    const running = consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => {
        this.#take(payload.batch.messages);
        payload.resolveOffset(payload.batch.lastOffset());
        if (this.#wanted === undefined) payload.pause();
        return Promise.resolve();
      },
    });
    // It may crash before the call to run it ends.
    await Promise.all([joined.promise, running]);
    return consumer;
  }

  /** Takes the records of the range; what comes before or behind it was read ahead of a seek. */
  #take(messages: readonly KafkaMessage[]): void {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    for (const message of messages) {
      const offset = BigInt(message.offset);
      if (offset !== wanted.next || offset >= wanted.to) continue;
      wanted.records.push(message);
      wanted.next += 1n;
    }
    if (wanted.next < wanted.to) return;
    this.#wanted = undefined;
    wanted.resolve();
  }

  async #leave(): Promise<void> {
    this.#cancelLeave();
    this.#wanted = undefined;
    const joining = this.#joining;
    this.#joining = undefined;
    const consumer = await joining?.catch(() => undefined);
    if (consumer !== undefined) await answered(this.#settings, this.#settings.timeLimitMs, consumer.disconnect()).catch(() => undefined);
  }
}
