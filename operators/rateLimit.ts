import type { Limit } from './effectOptions.ts';
import { Paces } from './internal/paces.ts';
import { requireAtLeast } from './internal/requireAtLeast.ts';

export interface RateLimitOptions<V> {
  /** Starts per second of one key. */
  readonly perSecond: number;
  /** Starts of one key that may come at once after a rest, from 1; also of all keys together. */
  readonly burst: number;
  /** What shares a rate: a destination domain, a merchant. */
  readonly keyOf: (value: V) => string;
  /** Starts per second of all keys together; absent: no total. */
  readonly totalPerSecond?: number;
  /** What a key that is slowed down may still start a second; absent, and at most: `perSecond`, so that nothing slows it down. */
  readonly leastPerSecond?: number;
}

/** Keys looked at for forgetting with each reservation: more than one comes in, so the map shrinks. */
const sweptPerCall = 2;

/** One start a day. */
const leastRate = 1 / 86_400;

/** Nothing is put off for longer: by then a key that was slowed down may be fast again. In milliseconds. */
const longestPutOffMs = 900_000;

/**
 * A rate per key, and in total, by the generic cell rate algorithm: one number per key, the elapsed time at which the key will
 * have its whole burst again. No timers.
 *
 * A key that is too fast is told its delay, and put off where that is too long: each to a turn of its own behind those that were put
 * off before, so that they come back no faster than they may start. What comes meanwhile goes first. The total is a gate that holds
 * up everyone alike.
 * A held message counts in the total when it is counted, so in any second up to one `holdMs` of held ones may come on top.
 *
 * Where the other side asks for it, a key is slowed down, its burst with it, and grows back with what is answered (see
 * `heedThrottling`).
 *
 * Memory: the keys of the last `burst / perSecond` seconds and the longest delay, those with turns to come, and those that are slowed
 * down; a key that is full again is forgotten. The rate is that of this process and starts full.
 */
export function rateLimit<V>(options: RateLimitOptions<V>): RateLimit<V> {
  return new RateLimit(options);
}

/** What `rateLimit` makes. */
export class RateLimit<V> implements Limit<V> {
  readonly #options: RateLimitOptions<V>;
  readonly #intervalMs: number;
  readonly #totalIntervalMs: number;
  /** When each key is full again; the key used longest ago comes first. */
  readonly #fullAtMs = new Map<string, number>();
  /** The last turn that was given to a message that was put off; the key used longest ago comes first. */
  readonly #turnAtMs = new Map<string, number>();
  readonly #paces: Paces;
  #totalFullAtMs = 0;

  constructor(options: RateLimitOptions<V>) {
    requireAtLeast('burst', options.burst, 1);
    requireAtLeast('perSecond', options.perSecond, leastRate);
    requireAtLeast('totalPerSecond', options.totalPerSecond ?? Infinity, leastRate);
    requireAtLeast('leastPerSecond', options.leastPerSecond ?? Infinity, leastRate);
    this.#options = options;
    this.#paces = new Paces(Math.min(1, (options.leastPerSecond ?? options.perSecond) / options.perSecond));
    this.#intervalMs = 1000 / options.perSecond;
    this.#totalIntervalMs = options.totalPerSecond === undefined ? 0 : 1000 / options.totalPerSecond;
  }

  reserve(value: V, nowMs: number, maxDelayMs: number): number {
    this.#forgetFull(nowMs);
    const key = this.#options.keyOf(value);
    const fullAtMs = Math.max(this.#fullAtMs.get(key) ?? nowMs, nowMs);
    const pace = this.#paces.of(key, nowMs);
    const intervalMs = this.#intervalMs / pace;
    const delayMs = delayOf(fullAtMs, intervalMs, Math.max(1, this.#options.burst * pace), nowMs);
    if (delayMs > maxDelayMs) return this.#turnOf(key, nowMs + delayMs, intervalMs, nowMs) - nowMs;
    this.#fullAtMs.delete(key);
    this.#fullAtMs.set(key, fullAtMs + intervalMs);
    this.#totalFullAtMs = Math.max(this.#totalFullAtMs, nowMs) + this.#totalIntervalMs;
    return delayMs;
  }

  opensInMs(nowMs: number): number {
    return delayOf(this.#totalFullAtMs, this.#totalIntervalMs, this.#options.burst, nowMs);
  }

  /** The other side would not take a message of this key now. */
  slowDown(value: V): void {
    this.#paces.slowDown(this.#options.keyOf(value));
  }

  /** A message of this key was answered. */
  speedUp(value: V): void {
    this.#paces.speedUp(this.#options.keyOf(value));
  }

  /** Keys that it remembers. */
  get size(): number {
    return this.#fullAtMs.size + this.#turnAtMs.size;
  }

  #turnOf(key: string, earliestMs: number, intervalMs: number, nowMs: number): number {
    const behindOthersMs = (this.#turnAtMs.get(key) ?? 0) + intervalMs;
    const turnMs = Math.min(Math.max(earliestMs, behindOthersMs), Math.max(earliestMs, nowMs + longestPutOffMs));
    this.#turnAtMs.delete(key);
    this.#turnAtMs.set(key, turnMs);
    return turnMs;
  }

  #forgetFull(nowMs: number): void {
    for (const times of [this.#fullAtMs, this.#turnAtMs]) {
      let left = sweptPerCall;
      for (const [key, atMs] of times) {
        if (atMs > nowMs || left === 0) break;
        times.delete(key);
        left--;
      }
    }
  }
}

function delayOf(fullAtMs: number, intervalMs: number, burst: number, nowMs: number): number {
  return Math.max(0, fullAtMs - (burst - 1) * intervalMs - nowMs);
}
