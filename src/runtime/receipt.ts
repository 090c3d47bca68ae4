import type { Delivery, Envelope } from '../message/message.ts';
import type { Run } from '../message/run.ts';
import type { Span } from './span.ts';

/** What the runtime keeps about one message from the top of the chain to its end; every message of the run carries it. */
export class Receipt implements Envelope {
  readonly key: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly partition: string;
  readonly epoch: number;
  readonly position: string;
  readonly attempt: number;
  readonly run: Run;
  readonly span: Span;
  /** False once it has left the bottom: a message ends exactly once. */
  isInFlight = true;
  /** True once it counts for the watermark. */
  isSettled = false;
  readonly #value: unknown;

  constructor(delivery: Delivery<unknown>, run: Run, span: Span) {
    this.key = delivery.key;
    this.headers = delivery.headers;
    this.partition = delivery.partition;
    this.epoch = delivery.epoch;
    this.position = delivery.position;
    this.attempt = delivery.attempt;
    this.run = run;
    this.span = span;
    this.#value = delivery.value;
  }

  get original(): Uint8Array {
    if (this.#value instanceof Uint8Array) return this.#value;
    return Buffer.from(JSON.stringify(this.#value, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)));
  }
}
