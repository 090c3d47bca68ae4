import type { Delivery, Envelope } from '../message/message.ts';
import type { Run } from '../message/run.ts';
import type { Span } from './span.ts';

/** What the runtime keeps about one message from the top of the chain to its end; every message of the run carries it. */
export class Receipt implements Envelope {
  readonly run: Run;
  readonly span: Span;
  /** Its place in read order, from 1 for the first of the run. */
  readonly number: number;
  /** False once it has left the bottom: a message ends exactly once. */
  isInFlight = true;
  /** True once it counts for the watermark. */
  isSettled = false;
  readonly #delivery: Delivery<unknown>;

  constructor(delivery: Delivery<unknown>, run: Run, span: Span, number: number) {
    this.#delivery = delivery;
    this.run = run;
    this.span = span;
    this.number = number;
  }

  get key(): string {
    return this.#delivery.key;
  }

  get headers(): ReadonlyMap<string, string> {
    return this.#delivery.headers;
  }

  get partition(): string {
    return this.#delivery.partition;
  }

  get epoch(): number {
    return this.#delivery.epoch;
  }

  get position(): string {
    return this.#delivery.position;
  }

  get attempt(): number {
    return this.#delivery.attempt;
  }

  get original(): Uint8Array {
    const { value } = this.#delivery;
    if (value instanceof Uint8Array) return value;
    return Buffer.from(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)));
  }
}
