import type { Reading } from './reading.ts';

/** Fewest entries of one page: what is in flight is paged over too, and room may be one. */
const smallestPage = 100;

/**
 * Finds pending entries of a consumer that this process does not hold: those of its last life, those it has claimed, and those
 * whose answer was lost. Asks for ids and counts only, so that what is in flight counts no delivery.
 */
export class OwnPending {
  readonly #reading: Reading;
  readonly #consumer: string;
  #afterId: string | undefined;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(reading: Reading, consumer: string) {
    this.#reading = reading;
    this.#consumer = consumer;
  }

  /** Milliseconds until the next search; negative when it is due. */
  get inMs(): number {
    return this.#dueMs - this.#reading.settings.clock.elapsedMs();
  }

  get isDue(): boolean {
    return this.inMs <= 0;
  }

  /** Makes the next search begin now, from the beginning. */
  due(): void {
    this.#dueMs = Number.NEGATIVE_INFINITY;
    this.#afterId = undefined;
  }

  /** Up to `limit` entries, with their deliveries so far. At the end of the list the next search is due an idle limit later. */
  async next(limit: number): Promise<ReadonlyMap<string, number>> {
    const { group, inFlight, settings } = this.#reading;
    const size = Math.max(limit, smallestPage);
    const page = await group.pendingOf(this.#consumer, this.#afterId, size);
    const found = new Map<string, number>();
    for (const { id, deliveries } of page) {
      if (found.size === limit) return found;
      this.#afterId = id;
      if (!inFlight.has(id)) found.set(id, deliveries);
    }
    if (page.length < size) {
      this.#dueMs = settings.clock.elapsedMs() + settings.idleLimitMs;
      this.#afterId = undefined;
    }
    return found;
  }
}
