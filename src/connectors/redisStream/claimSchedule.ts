import type { Clock } from '../../message/clock.ts';

/**
 * When a subscription next looks for entries of dead readers: soon while it finds any or entries are pending elsewhere, rarer
 * (doubling) while there are none; at once until a search has come to the end of the list. One of its readers does it at a time.
 */
export class ClaimSchedule {
  readonly #clock: Clock;
  readonly #minMs: number;
  readonly #maxMs: number;
  /** Where the next search begins. */
  cursor = '0-0';
  #delayMs: number;
  #dueMs: number;

  constructor(clock: Clock, minMs: number, maxMs: number) {
    this.#clock = clock;
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#delayMs = minMs;
    this.#dueMs = clock.elapsedMs();
  }

  /** Milliseconds until the next search; not above zero when it is due, infinite while another reader is at it. */
  get inMs(): number {
    return this.#dueMs - this.#clock.elapsedMs();
  }

  /** Runs the search; `true` says that there are entries to come back for. */
  async run(search: () => Promise<boolean>): Promise<void> {
    this.#dueMs = Number.POSITIVE_INFINITY;
    let isWorthwhile = true;
    try {
      isWorthwhile = await search();
    } finally {
      this.#delayMs = isWorthwhile ? this.#minMs : Math.min(this.#maxMs, this.#delayMs * 2);
      const isAtEnd = this.cursor === '0-0';
      this.#dueMs = this.#clock.elapsedMs() + (isAtEnd ? this.#delayMs : 0);
    }
  }
}
