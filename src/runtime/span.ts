import type { Risen } from './ledger.ts';
import type { Receipt } from './receipt.ts';

/**
 * The messages of one partition, under one epoch, that were read above its watermark, in read order. Messages settle in any
 * order; the watermark rises only over an unbroken row of settled ones, so a position that is committed has nothing unfinished
 * below it. Memory: what is read above the watermark, bounded by `maxSpan`.
 */
export class Span {
  readonly partition: string;
  readonly epoch: number;
  /** Elapsed time at which the watermark last rose, or the first message above it was read; for the age of a standing one. */
  risenAtMs: number;
  /** The position up to which its source has settled everything; undefined before the first is. */
  watermark: string | undefined;
  /** The position that was read last; undefined before the first is. */
  newestRead: string | undefined;
  #receipts: Receipt[] = [];
  #head = 0;
  /** Messages that take room of the span. */
  #charged = 0;

  constructor(partition: string, epoch: number, nowMs: number) {
    this.partition = partition;
    this.epoch = epoch;
    this.risenAtMs = nowMs;
  }

  /** Messages read above the watermark. */
  get size(): number {
    return this.#receipts.length - this.#head;
  }

  add(receipt: Receipt): void {
    this.#receipts.push(receipt);
    this.newestRead = receipt.position;
    this.#charged += 1;
  }

  /** Gives back the room of up to `count` messages, each once: how many. */
  discharge(count: number): number {
    const discharged = Math.min(count, this.#charged);
    this.#charged -= discharged;
    return discharged;
  }

  /** How far the watermark rises over what has left, once the source has settled it. Undefined when it stands. */
  rise(nowMs: number): Risen | undefined {
    const from = this.#head;
    while (this.#receipts[this.#head]?.isSettled) this.#head += 1;
    if (this.#head === from) return undefined;
    const { position } = this.#receipts[this.#head - 1] as Receipt;
    const count = this.#head - from;
    this.risenAtMs = nowMs;
    this.#forget();
    return { partition: this.partition, epoch: this.epoch, position, span: this, count };
  }

  /** Drops the settled front once it is the larger half, so that forgetting costs a constant a message. */
  #forget(): void {
    if (this.#head === this.#receipts.length) this.#receipts = [];
    else if (this.#head * 2 > this.#receipts.length) this.#receipts = this.#receipts.slice(this.#head);
    else return;
    this.#head = 0;
  }
}
