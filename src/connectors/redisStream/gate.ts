import type { InFlight } from './inFlight.ts';

/**
 * Lets the readers of a subscription emit together, or one entry alone.
 *
 * States: open → (alone) closing, until nothing emitted is in flight → closed, with one entry in flight → open when it is
 * settled. Whoever wants to emit meanwhile waits. So an entry that kills its process takes no innocent one with it, and is
 * known for it by its delivery count.
 */
export class Gate {
  readonly #inFlight: InFlight;
  readonly #signal: AbortSignal;
  #closed: Promise<unknown> | undefined;

  constructor(inFlight: InFlight, signal: AbortSignal) {
    this.#inFlight = inFlight;
    this.#signal = signal;
  }

  /**
   * Undefined while the gate is open, else resolves when it opens. Ask again then, in the same step as emitting: another may have
   * closed it.
   */
  get closed(): Promise<unknown> | undefined {
    return this.#signal.aborted ? undefined : this.#closed;
  }

  /** Waits until nothing is in flight, lets `work` emit its entry, and waits until that is settled. */
  async alone(work: () => Promise<void>): Promise<void> {
    while (this.closed) await this.closed;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#closed = promise;
    try {
      await this.#inFlight.quiet(this.#signal);
      if (this.#signal.aborted) return;
      await work();
      await this.#inFlight.quiet(this.#signal);
    } finally {
      this.#closed = undefined;
      resolve(undefined);
    }
  }
}
