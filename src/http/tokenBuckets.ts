import type { Clock } from '../message/clock.ts';

/** Names that are remembered; the one that asked longest ago is forgotten for another. */
const maxNames = 10_000;

/** What a bucket holds at most, in the time that it takes to fill. */
const fullMs = 1_000;

/**
 * Limits how often each name may do something, on the elapsed clock: as many times at once as `perSecond`, then so many a second.
 * Memory: 10,000 names. Who was forgotten begins anew, with no more than what is let through at once.
 */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #tokenMs: number;
  /** When the bucket of a name will be full again. */
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#tokenMs = fullMs / perSecond;
  }

  /** Takes one; 0 when there was one, else the milliseconds until there is, and nothing is taken. */
  take(name: string): number {
    const nowMs = this.#clock.elapsedMs();
    const fullAt = Math.max(nowMs, this.#fullAt.get(name) ?? nowMs) + this.#tokenMs;
    // Whole microseconds, since thirds of a second do not add up to it.
    const waitMs = Math.ceil(Math.round((fullAt - nowMs - fullMs) * 1_000) / 1_000);
    this.#keep(name, waitMs > 0 ? fullAt - this.#tokenMs : fullAt);
    return Math.max(0, waitMs);
  }

  #keep(name: string, fullAt: number): void {
    this.#fullAt.delete(name);
    const [oldest] = this.#fullAt.keys();
    if (oldest !== undefined && this.#fullAt.size >= maxNames) this.#fullAt.delete(oldest);
    this.#fullAt.set(name, fullAt);
  }
}
