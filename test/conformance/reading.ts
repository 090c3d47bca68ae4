import type { Subscription } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { Room, Source } from '../../src/connectors/source.ts';
import type { Decided, Delivery, Outcome } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { aRun } from '../support/aRun.ts';
import { until } from '../support/until.ts';

export interface ReadingOptions {
  /** Messages in flight and reserved at most; default 1,000. */
  readonly window?: number;
  /** Settles each message with this as it comes. Without it the test settles. */
  readonly settleAs?: Outcome;
  /** Called with each message as it comes, synchronously. */
  readonly onDelivery?: (delivery: Delivery) => void;
}

/** A subscription of a source as the runtime makes it, in slow motion. Fails when a message comes that is in flight. */
export class Reading implements Room {
  readonly deliveries: Delivery[] = [];
  readonly inFlight = new Map<string, Delivery>();
  readonly #source: Source;
  readonly #options: ReadingOptions;
  readonly #aborts = { signal: new AbortController(), draining: new AbortController() };
  readonly #subscription: Subscription;
  readonly #ended = new Set<string>();
  /** What was read of each partition above its watermark. */
  readonly #spans = new Map<string, Delivery[]>();
  #toSettle: Delivery[] = [];
  #waiting: (() => void)[] = [];
  #settling: Promise<void> = Promise.resolve();
  window: number;
  /** Room that was taken and is neither given back nor used by a message in flight. */
  reserved = 0;
  hasCompleted = false;
  error: unknown;

  constructor(source: Source, options: ReadingOptions = {}) {
    this.#source = source;
    this.#options = options;
    this.window = options.window ?? 1_000;
    const run: Run = { ...aRun(), clock: realClock, signal: this.#aborts.signal.signal, draining: this.#aborts.draining.signal };
    this.#subscription = source.messages(run, this).subscribe({
      next: (delivery) => this.#receive(delivery),
      error: (error: unknown) => (this.error = error),
      complete: () => (this.hasCompleted = true),
    });
  }

  get values(): readonly string[] {
    return this.deliveries.map(({ value }) => Buffer.from(value).toString());
  }

  get numbers(): readonly number[] {
    return this.values.map(Number);
  }

  async take(max: number, _partition: string, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const granted = Math.min(max, this.window - this.reserved - this.inFlight.size);
      if (granted > 0) {
        this.reserved += granted;
        return granted;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  giveBack(count: number): void {
    if (count > this.reserved) this.error ??= new Error(`${count} given back, ${this.reserved} reserved`);
    this.reserved -= count;
    this.wake();
  }

  /** Lets those who wait for room look again. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Waits until that many messages have come. */
  async count(count: number): Promise<void> {
    await until(`${count} messages came (of them ${this.deliveries.length} did)`, () => this.#check() && this.deliveries.length >= count);
  }

  async completed(): Promise<void> {
    await until('the source completes', () => this.#check() && this.hasCompleted);
    await this.#settling;
  }

  /** Settles messages, and raises the watermark as the runtime does: the messages of a partition that come first. */
  settle(
    deliveries: readonly Delivery[] = [...this.inFlight.values()],
    outcome: Outcome = this.#options.settleAs ?? 'done',
  ): Promise<void> {
    const settling = this.#settling.then(() => this.#settle(deliveries, outcome));
    this.#settling = settling.catch((error: unknown) => void (this.error ??= error));
    return settling;
  }

  drain(): void {
    this.#aborts.draining.abort(new Error('drains'));
  }

  abort(): void {
    this.#aborts.signal.abort(new Error('was cut'));
  }

  unsubscribe(): void {
    this.#subscription.unsubscribe();
  }

  async #settle(deliveries: readonly Delivery[], outcome: Outcome): Promise<void> {
    const decided: Decided[] = deliveries.map(({ value, ...delivery }) => ({
      envelope: { ...delivery, original: value, run: aRun() },
      outcome,
      reason: '',
    }));
    for (const delivery of deliveries) this.#ended.add(place(delivery));
    const watermarks = [...this.#spans.values()].map((span) => this.#rise(span)).filter((delivery) => delivery !== undefined);
    await this.#source.settle({ messages: decided, watermarks });
    for (const delivery of deliveries) this.inFlight.delete(place(delivery));
    this.wake();
  }

  /** The last message of a partition below which all have ended. */
  #rise(span: Delivery[]): Delivery | undefined {
    const standing = span.findIndex((delivery) => !this.#ended.has(place(delivery)));
    return span.splice(0, standing < 0 ? span.length : standing).at(-1);
  }

  #receive(delivery: Delivery): void {
    if (this.inFlight.has(place(delivery))) this.error ??= new Error(`${place(delivery)} came while it was in flight`);
    this.reserved -= 1;
    if (this.reserved < 0) this.error ??= new Error('a message came without room');
    this.deliveries.push(delivery);
    this.inFlight.set(place(delivery), delivery);
    const span = this.#spans.get(delivery.partition);
    if (span) span.push(delivery);
    else this.#spans.set(delivery.partition, [delivery]);
    this.#options.onDelivery?.(delivery);
    if (this.#options.settleAs && this.#toSettle.push(delivery) === 1) queueMicrotask(() => void this.settle(this.#toSettle.splice(0)));
  }

  #check(): boolean {
    if (this.error !== undefined) throw this.error as Error;
    return true;
  }
}

/** A subscription that ends with its test. */
export function read(source: Source, options?: ReadingOptions): Reading {
  const reading = new Reading(source, options);
  onTestFinished(() => reading.unsubscribe());
  return reading;
}

function place({ partition, position }: Delivery): string {
  return `${partition} ${position}`;
}
