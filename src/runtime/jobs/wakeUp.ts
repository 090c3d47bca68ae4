import type { Clock } from '../../message/clock.ts';

/** Waits for a signal, at most for a time: for a loop that looks again when something has happened, or after a while anyway. */
export class WakeUp {
  readonly #clock: Clock;
  readonly #maxWaitMs: number;
  #isAwake = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, maxWaitMs: number) {
    this.#clock = clock;
    this.#maxWaitMs = maxWaitMs;
  }

  /** Ends the wait, or the next one if nobody waits. */
  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#isAwake) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(this.#maxWaitMs, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#isAwake = false;
    this.#wake = undefined;
  }
}
