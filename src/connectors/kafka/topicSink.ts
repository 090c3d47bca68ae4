import type { Topic } from '../bus.ts';
import { piecesOf } from '../piecesOf.ts';
import { refuseOversize } from '../refuseOversize.ts';
import type { Outgoing, Sink } from '../sink.ts';
import type { BatchProducer } from './producer.ts';
import { recordOf, sizeOf } from './record.ts';
import { batchBytes } from './topicConfig.ts';

/** Messages of one request at most. */
const pieceCount = 1_000;

/**
 * Writes messages to a topic: one request in flight, the next when it is answered, so chunks keep the order in which they were
 * given. An answer that is lost may have been a success, so a repeated chunk may write messages twice.
 */
export class TopicSink implements Sink {
  readonly #topic: Topic;
  readonly #producer: BatchProducer;
  /** The lane: ends when what was given before is answered. Never rejects. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(topic: Topic, producer: BatchProducer) {
    this.#topic = topic;
    this.#producer = producer;
  }

  async write(messages: readonly Outgoing[]): Promise<void> {
    refuseOversize(this.#topic, messages);
    const written = this.#before.then(() => this.#send(messages));
    this.#before = written.catch(() => undefined);
    await written;
  }

  /** The client belongs to the bus. */
  async close(): Promise<void> {
    await this.#before;
  }

  async #send(messages: readonly Outgoing[]): Promise<void> {
    // A broker takes a piece even where all of it goes to one partition.
    const pieces = piecesOf(messages, { count: pieceCount, sizeBytes: batchBytes(this.#topic), sizeOf });
    for (const piece of pieces) await this.#producer.send(this.#topic.name, piece.map(recordOf));
  }
}
