import type { Delivery } from '../../message/message.ts';

/** An entry that this process has read and nobody has settled. */
export interface Held {
  readonly delivery: Delivery;
  /** The consumer of the group that owns it. */
  consumer: string;
  /** Whether the present subscription has emitted it. */
  isEmitted: boolean;
}

/**
 * The entries of a subscription that this process has read and nobody has settled, by id, in the order of reading. They
 * outlive a subscription: the next one delivers them from here, so that a restart inside a process counts no delivery.
 * Memory: what the runtime's window lets in, and for each reader one read that waits behind an entry delivered alone.
 */
export class InFlight {
  readonly #held = new Map<string, Held>();
  #emitted = 0;
  #waiting: (() => void)[] = [];

  get size(): number {
    return this.#held.size;
  }

  /** Of these, those that the present subscription has emitted. */
  get emitted(): number {
    return this.#emitted;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  add(delivery: Delivery, consumer: string): Held {
    const held = { delivery, consumer, isEmitted: false };
    this.#held.set(delivery.position, held);
    return held;
  }

  emit(held: Held): void {
    held.isEmitted = true;
    this.#emitted += 1;
  }

  /** Forgets entries that are settled, or that another process works on. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      const held = this.#held.get(id);
      if (held === undefined) continue;
      this.#held.delete(id);
      if (held.isEmitted) this.#emitted -= 1;
    }
    this.#wake();
  }

  /** Another consumer of this process owns an entry now. Answers what is held of it. */
  move(id: string, consumer: string): Held | undefined {
    const held = this.#held.get(id);
    if (held) held.consumer = consumer;
    return held;
  }

  /** A subscription has ended: what it emitted and nobody settled is to be emitted again. */
  release(): void {
    for (const held of this.#held.values()) held.isEmitted = false;
    this.#emitted = 0;
    this.#wake();
  }

  of(consumer: string): readonly Held[] {
    return [...this.#held.values()].filter((held) => held.consumer === consumer);
  }

  /** The ids that are held, by the consumer that owns them. */
  idsByConsumer(): ReadonlyMap<string, readonly string[]> {
    const byConsumer = new Map<string, string[]>();
    for (const [id, { consumer }] of this.#held) {
      const ids = byConsumer.get(consumer);
      if (ids) ids.push(id);
      else byConsumer.set(consumer, [id]);
    }
    return byConsumer;
  }

  /** Resolves when nothing that was emitted is left, or the signal is aborted. */
  async quiet(signal: AbortSignal): Promise<void> {
    while (this.#emitted > 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve(undefined);
      };
      this.#waiting.push(wake);
      signal.addEventListener('abort', wake, { once: true });
      await promise;
    }
  }

  #wake(): void {
    if (this.#emitted > 0 || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
