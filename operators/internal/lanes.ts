import type { Message } from '../../src/message/message.ts';
import { Queue } from './queue.ts';

/**
 * Serial queues by key. A key has a lane while a message of it is in work; the following ones wait there. A key whose last
 * message has ended is forgotten, so memory is that of the messages.
 */
export class Lanes<T> {
  /** A lane without a queue has nobody waiting. */
  readonly #lanes = new Map<string, Queue<Message<T>> | undefined>();

  /** True when the message may go on now; else it waits in its lane. */
  enter(message: Message<T>): boolean {
    const { key } = message.envelope;
    if (!this.#lanes.has(key)) {
      this.#lanes.set(key, undefined);
      return true;
    }
    let queue = this.#lanes.get(key);
    if (queue === undefined) {
      queue = new Queue();
      this.#lanes.set(key, queue);
    }
    queue.push(message);
    return false;
  }

  /** Ends the message in work of a key. Returns the one that may go on in its place. */
  leave(key: string): Message<T> | undefined {
    const next = this.#lanes.get(key)?.shift();
    if (next === undefined) this.#lanes.delete(key);
    return next;
  }
}
