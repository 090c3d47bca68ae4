import type { Run } from '../../src/message/run.ts';

/** Called once: when the time is over, or early because the run drains. */
export type WaitEnd = (isDrained: boolean) => void;

interface Wait {
  readonly end: WaitEnd;
  readonly cancelTimer: () => void;
}

/** The waits of one subscription of a stage. When the run drains they all end at once, and later ones end where they begin. */
export class Waits {
  readonly #run: Run;
  readonly #pending = new Set<Wait>();
  #isClosed = false;
  readonly #drain = (): void => {
    for (const wait of [...this.#pending]) {
      if (this.#forget(wait)) wait.end(true);
    }
  };

  constructor(run: Run) {
    this.#run = run;
    run.draining.addEventListener('abort', this.#drain);
  }

  /** Waits `delayMs` of elapsed time. Returns what cancels it. */
  start(delayMs: number, end: WaitEnd): () => void {
    if (this.#isClosed) return () => undefined;
    if (this.#run.draining.aborted) {
      end(true);
      return () => undefined;
    }
    const cancelTimer = this.#run.clock.after(delayMs, () => {
      if (this.#pending.delete(wait)) end(false);
    });
    const wait: Wait = { end, cancelTimer };
    this.#pending.add(wait);
    return () => void this.#forget(wait);
  }

  /** Cancels every wait; none ends any more. */
  close(): void {
    this.#isClosed = true;
    this.#run.draining.removeEventListener('abort', this.#drain);
    for (const wait of this.#pending) wait.cancelTimer();
    this.#pending.clear();
  }

  #forget(wait: Wait): boolean {
    wait.cancelTimer();
    return this.#pending.delete(wait);
  }
}
