import { setTimeout as delay } from 'node:timers/promises';
import type { Sink } from '../../../src/connectors/sink.ts';
import type { WeirError } from '../../../src/errors.ts';
import { messages } from '../../conformance/busHarness.ts';

const chunkSize = 20;

/** Between two chunks, in milliseconds: readers on a busy machine keep up. */
const pauseMs = 5;

/** Writes numbered messages in chunks, one chunk after the other, until it is stopped. What fails is not written again. */
export class Producer {
  /** Numbers whose write was confirmed. */
  readonly acknowledged: number[] = [];
  readonly failures: WeirError[] = [];
  /** The longest that a write took until it ended in either way. */
  longestMs = 0;
  readonly #sink: Sink;
  readonly #ended: Promise<void>;
  #isStopped = false;

  constructor(sink: Sink) {
    this.#sink = sink;
    this.#ended = this.#write();
  }

  /** Resolves when the last write has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
  }

  async #write(): Promise<void> {
    for (let from = 1; !this.#isStopped; from += chunkSize) {
      const startedMs = performance.now();
      try {
        await this.#sink.write(messages(from, from + chunkSize - 1));
        for (let number = from; number < from + chunkSize; number += 1) this.acknowledged.push(number);
      } catch (error) {
        this.failures.push(error as WeirError);
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
      await delay(pauseMs);
    }
  }
}
