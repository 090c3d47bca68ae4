import type { Watermark } from '../connectors/source.ts';
import type { Clock } from '../message/clock.ts';
import type { Decided, Delivery, Outcome } from '../message/message.ts';
import type { Run } from '../message/run.ts';
import { Receipt } from './receipt.ts';
import { Span } from './span.ts';
import type { Window } from './window.ts';

/** received = done + skipped + deferred + dead + released + inFlight, at every moment. */
export interface Counts extends Readonly<Record<Outcome, number>> {
  readonly received: number;
  readonly inFlight: number;
}

/** A watermark that rises, and over how many messages. */
export interface Risen extends Watermark {
  readonly span: Span;
  readonly count: number;
}

/**
 * The books of a run: what was read, what is in flight, what has left and what is settled, for the whole run and for each span.
 * What is in flight is counted by itself and not as the difference of the others, so that the law can be checked.
 */
export class Ledger {
  readonly #clock: Clock;
  readonly #window: Window;
  readonly #counts = { received: 0, done: 0, skipped: 0, deferred: 0, dead: 0, released: 0, inFlight: 0 };
  readonly #spans = new Map<string, Span>();
  #leaving: Decided[] = [];
  /** The spans of what is leaving. */
  #leavingSpans = new Set<Span>();
  /** The one that was added last: most messages that leave together are of one span. */
  #lastSpan: Span | undefined;
  #progressAtMs: number;

  constructor(window: Window, clock: Clock) {
    this.#window = window;
    this.#clock = clock;
    this.#progressAtMs = clock.elapsedMs();
  }

  counts(): Counts {
    return { ...this.#counts };
  }

  get inFlight(): number {
    return this.#counts.inFlight;
  }

  /** Whether anything has left and is not being settled yet. */
  get isLeaving(): boolean {
    return this.#leaving.length > 0;
  }

  /** The spans of all partitions that were read, also those that hold nothing. */
  spans(): readonly Span[] {
    return [...this.#spans.values()];
  }

  standingMs(): number {
    return this.#counts.inFlight === 0 ? 0 : this.#clock.elapsedMs() - this.#progressAtMs;
  }

  /** What is in flight could not move until now. */
  beginAnew(): void {
    this.#progressAtMs = this.#clock.elapsedMs();
  }

  /** A message was read. */
  receive(delivery: Delivery<unknown>, run: Run): Receipt {
    const span = this.#spanOf(delivery);
    // A span that was empty begins to wait now, and so does a run that was idle.
    if (span.size === 0) {
      span.risenAtMs = this.#clock.elapsedMs();
      if (this.#counts.inFlight === 0) this.#progressAtMs = span.risenAtMs;
    }
    this.#counts.received += 1;
    this.#counts.inFlight += 1;
    const receipt = new Receipt(delivery, run, span, this.#counts.received);
    span.add(receipt);
    return receipt;
  }

  /** A message has left the bottom, to be settled. */
  leave(receipt: Receipt, decided: Decided): void {
    receipt.isInFlight = false;
    receipt.isSettled = true;
    if (receipt.span !== this.#lastSpan) this.#leavingSpans.add((this.#lastSpan = receipt.span));
    this.#leaving.push(decided);
  }

  /** A message has left the bottom unfinished: it is not settled, so the watermark cannot pass it. */
  release(receipt: Receipt): void {
    receipt.isInFlight = false;
    this.#end('released', 1);
    this.#window.leave(1);
  }

  /** Takes all that has left, with the watermarks that rise with it. */
  takeLeaving(): { readonly messages: readonly Decided[]; readonly watermarks: readonly Risen[] } {
    const messages = this.#leaving;
    const spans = this.#leavingSpans;
    this.#leaving = [];
    this.#leavingSpans = new Set();
    this.#lastSpan = undefined;
    const nowMs = this.#clock.elapsedMs();
    return { messages, watermarks: [...spans].map((span) => span.rise(nowMs)).filter((risen) => risen !== undefined) };
  }

  /** What was taken is settled: it counts, and its room is free. */
  settled(messages: readonly Decided[], watermarks: readonly Risen[]): void {
    const ended = { done: 0, skipped: 0, deferred: 0, dead: 0, released: 0 };
    for (const { outcome } of messages) ended[outcome] += 1;
    for (const outcome of ['done', 'skipped', 'deferred', 'dead'] as const) this.#end(outcome, ended[outcome]);
    this.#progressAtMs = this.#clock.elapsedMs();
    for (const { span, count, position } of watermarks) {
      span.watermark = position;
      this.#window.rise(span.partition, span.discharge(count));
    }
    this.#window.leave(messages.length);
  }

  /** The run is over: whatever is in flight is given back. */
  releaseAll(): void {
    this.#end('released', this.#counts.inFlight);
  }

  #end(outcome: Outcome, count: number): void {
    this.#counts[outcome] += count;
    this.#counts.inFlight -= count;
  }

  /** The span of a partition under the delivery's epoch. A new epoch ends the old span: its room is free at once. */
  #spanOf({ partition, epoch }: Delivery<unknown>): Span {
    const span = this.#spans.get(partition);
    if (span?.epoch === epoch) return span;
    if (span) this.#window.rise(partition, span.discharge(Number.POSITIVE_INFINITY));
    const next = new Span(partition, epoch, this.#clock.elapsedMs());
    this.#spans.set(partition, next);
    return next;
  }
}
