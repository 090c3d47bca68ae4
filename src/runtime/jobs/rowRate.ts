import type { Clock } from '../../message/clock.ts';

const windowMs = 10_000;

/**
 * Rows per second over the last ten to twenty seconds of elapsed time, from running totals: the older of two samples is the
 * base, so the figure follows changes and a partition that stands falls to zero. Memory: two samples.
 */
export class RowRate {
  readonly #clock: Clock;
  #base: { readonly atMs: number; readonly rows: number };
  #next: { readonly atMs: number; readonly rows: number };

  constructor(clock: Clock, rows: number) {
    this.#clock = clock;
    this.#base = { atMs: clock.elapsedMs(), rows };
    this.#next = this.#base;
  }

  /** The rate at this moment, `rows` being the total. */
  at(rows: number): number {
    const atMs = this.#clock.elapsedMs();
    if (atMs - this.#next.atMs >= windowMs) {
      this.#base = this.#next;
      this.#next = { atMs, rows };
    }
    const passedMs = atMs - this.#base.atMs;
    return passedMs > 0 ? Math.max(0, ((rows - this.#base.rows) / passedMs) * 1000) : 0;
  }
}
