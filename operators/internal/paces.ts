/** What a refusal to be hurried leaves of a key's pace, and what each answer adds to it. */
const slower = 0.8;
const faster = 1.05;

/** A key that was not refused for so long may go twice as fast, and so on. In milliseconds. */
const doublingMs = 60_000;

/** Keys looked at for forgetting with each look at a pace: more than one comes in, so the map shrinks. */
const sweptPerLook = 2;

interface Pace {
  /** Of the full rate, above 0 and below 1, at `sinceMs`. */
  readonly factor: number;
  readonly sinceMs: number;
}

/**
 * How fast each key may go, as a part of its full rate: slower by a fifth with each refusal, faster by a twentieth with each answer,
 * and twice as fast with each minute without a refusal, so that one that gets few messages comes back too. Where fewer than a fifth
 * or so of many calls are refused (0.8 and 1.05 are in balance at 18 %) a key comes back to its full rate, above that it falls to the
 * least one. Memory: the keys that are slower now.
 */
export class Paces {
  readonly #least: number;
  readonly #slow = new Map<string, Pace>();
  #nowMs = 0;

  constructor(least: number) {
    this.#least = least;
  }

  /** The part of its rate that a key may use now. */
  of(key: string, nowMs: number): number {
    this.#nowMs = nowMs;
    this.#forgetFast();
    return this.#factorOf(this.#slow.get(key));
  }

  slowDown(key: string): void {
    this.#set(key, Math.max(this.#least, this.#factorOf(this.#slow.get(key)) * slower), this.#nowMs);
  }

  speedUp(key: string): void {
    const pace = this.#slow.get(key);
    if (pace !== undefined) this.#set(key, pace.factor * faster, pace.sinceMs);
  }

  /** Keys that are slower now. */
  get size(): number {
    return this.#slow.size;
  }

  #factorOf(pace: Pace | undefined): number {
    return pace === undefined ? 1 : Math.min(1, pace.factor * 2 ** ((this.#nowMs - pace.sinceMs) / doublingMs));
  }

  /** The key used longest ago comes first. */
  #set(key: string, factor: number, sinceMs: number): void {
    this.#slow.delete(key);
    if (factor < 1) this.#slow.set(key, { factor, sinceMs });
  }

  #forgetFast(): void {
    let left = sweptPerLook;
    for (const [key, pace] of this.#slow) {
      if (left === 0 || this.#factorOf(pace) < 1) return;
      this.#slow.delete(key);
      left--;
    }
  }
}
