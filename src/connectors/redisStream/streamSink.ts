import type { Topic } from '../bus.ts';
import type { Outgoing, Sink } from '../sink.ts';
import { WeirError } from '../../errors.ts';
import type { Connection } from './connection.ts';
import { fieldsOf } from './entry.ts';
import { repliesOf } from './repliesOf.ts';

/** Bounds of one pipeline: entries, and bytes of their values. */
const pieceCount = 250;
const pieceBytes = 4_194_304;

/**
 * Appends messages to a stream. A chunk goes out in pipelines, one after another, in its order. Redis answers for each entry; an
 * answer that is lost may have been a success, so a repeated chunk may write entries twice.
 */
export class StreamSink implements Sink {
  readonly #topic: Topic;
  readonly #commands: Connection;

  constructor(topic: Topic, commands: Connection) {
    this.#topic = topic;
    this.#commands = commands;
  }

  async write(messages: readonly Outgoing[]): Promise<void> {
    const { maxSizeBytes, name } = this.#topic;
    const large = messages.find(({ value }) => value.byteLength > maxSizeBytes);
    if (large)
      throw new WeirError(
        'oversize',
        `a message of ${large.value.byteLength} bytes is too large for ${name}, which allows ${maxSizeBytes}`,
      );
    for (const piece of piecesOf(messages)) await this.#append(piece);
  }

  /** The connection belongs to the bus. */
  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #append(piece: readonly Outgoing[]): Promise<void> {
    await this.#commands.use(async (client) => {
      const pipeline = client.pipeline();
      for (const message of piece) pipeline.xadd(this.#topic.name, '*', ...fieldsOf(message));
      await repliesOf(pipeline);
    });
  }
}

function* piecesOf(messages: readonly Outgoing[]): Iterable<readonly Outgoing[]> {
  let piece: Outgoing[] = [];
  let bytes = 0;
  for (const message of messages) {
    piece.push(message);
    bytes += message.value.byteLength;
    if (piece.length < pieceCount && bytes < pieceBytes) continue;
    yield piece;
    piece = [];
    bytes = 0;
  }
  if (piece.length > 0) yield piece;
}
