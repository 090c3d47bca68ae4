import type { Run } from '../../src/message/run.ts';

const sampleEvery = 64;

/**
 * Measures a stage that takes less time than reading a clock: within one synchronous burst of messages the first and every
 * 64th is timed and stands for the others; the burst is told once, after it. The count is exact, the seconds are an estimate.
 */
export class StageMeter {
  readonly #stage: string;
  #run: Run | undefined;
  #count = 0;
  #samples = 0;
  #sampledMs = 0;

  constructor(stage: string) {
    this.#stage = stage;
  }

  /** Counts one message. Returns when it started if it is to be timed, else undefined. */
  start(run: Run): number | undefined {
    if (this.#run === undefined) {
      this.#run = run;
      queueMicrotask(() => this.#tell());
    }
    return this.#count++ % sampleEvery === 0 ? run.clock.elapsedMs() : undefined;
  }

  /** Ends the timing of a message that `start` has given a time for. */
  end(run: Run, startedMs: number): void {
    this.#samples++;
    this.#sampledMs += run.clock.elapsedMs() - startedMs;
  }

  #tell(): void {
    const perMessageMs = this.#samples === 0 ? 0 : this.#sampledMs / this.#samples;
    this.#run?.measure(this.#stage, (perMessageMs * this.#count) / 1000, this.#count);
    this.#run = undefined;
    this.#count = 0;
    this.#samples = 0;
    this.#sampledMs = 0;
  }
}
