import { WeirError } from '../../errors.ts';
import type { Topic } from '../bus.ts';
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
    const { maxSizeBytes, name } = this.#topic;
    const large = messages.find(({ value }) => value.byteLength > maxSizeBytes);
    if (large)
      throw new WeirError(
        'oversize',
        `a message of ${large.value.byteLength} bytes is too large for ${name}, which allows ${maxSizeBytes}`,
      );
    const written = this.#before.then(() => this.#send(messages));
    this.#before = written.catch(() => undefined);
    await written;
  }

  /** The client belongs to the bus. */
  async close(): Promise<void> {
    await this.#before;
  }

  async #send(messages: readonly Outgoing[]): Promise<void> {
    for (const piece of piecesOf(messages, batchBytes(this.#topic))) await this.#producer.send(this.#topic.name, piece.map(recordOf));
  }
}

/** Pieces that a broker takes even where all of one goes to one partition. */
function* piecesOf(messages: readonly Outgoing[], mostBytes: number): Iterable<readonly Outgoing[]> {
  let piece: Outgoing[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (piece.length > 0 && (piece.length === pieceCount || bytes + size > mostBytes)) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(message);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}
