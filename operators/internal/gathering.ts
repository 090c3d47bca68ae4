import type { Run } from '../../src/message/run.ts';

/**
 * Free slots wait for others, so that one claim serves many: until as many are free as are wanted, or the first has waited for
 * `waitMs` of elapsed time. Holds nothing but a timer.
 */
export class Gathering {
  readonly #run: Run;
  readonly #waitMs: number;
  readonly #wake: () => void;
  #cancel: (() => void) | undefined;
  #isDue = false;

  constructor(run: Run, waitMs: number, wake: () => void) {
    this.#run = run;
    this.#waitMs = waitMs;
    this.#wake = wake;
  }

  /** Whether a claim may begin now. When not, `wake` is called once it may. */
  isOver(free: number, wanted: number): boolean {
    if (this.#waitMs === 0 || this.#isDue || free >= wanted) return true;
    if (free > 0) {
      this.#cancel ??= this.#run.clock.after(this.#waitMs, () => {
        this.#isDue = true;
        this.#wake();
      });
    }
    return false;
  }

  /** A claim begins: the next slots gather anew. */
  beginAnew(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isDue = false;
  }
}
