import type { Topic } from '../bus.ts';
import { piecesOf } from '../piecesOf.ts';
import { refuseOversize } from '../refuseOversize.ts';
import type { Outgoing, Sink } from '../sink.ts';
import type { Connection } from '../redis/connection.ts';
import { fieldsOf } from './entry.ts';
import { repliesOf } from '../redis/repliesOf.ts';

/** Bounds of one pipeline: entries, and bytes of their values. */
const pieces = { count: 250, sizeBytes: 4_194_304, sizeOf: ({ value }: Outgoing): number => value.byteLength };

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
    refuseOversize(this.#topic, messages);
    for (const piece of piecesOf(messages, pieces)) await this.#append(piece);
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
