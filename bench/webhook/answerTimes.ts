import { median, percentile } from '../statistics.ts';

/** How long each call of a contestant took, run by run. */
export class AnswerTimes {
  readonly #runs: (readonly number[])[] = [];

  /** Makes calls from 1 to `size`, so many at once, each lane the next as soon as its last was answered. */
  async run(size: number, lanes: readonly ((order: number) => Promise<void>)[]): Promise<void> {
    const times: number[] = [];
    let order = 0;
    const work = async (call: (order: number) => Promise<void>): Promise<void> => {
      while (order < size) {
        order += 1;
        const startedMs = performance.now();
        await call(order);
        times.push(performance.now() - startedMs);
      }
    };
    await Promise.all(lanes.map(work));
    this.#runs.push(times);
  }

  /** The median and the 99th percentile in milliseconds: of each run, the middle of all but the first, which warms caches. */
  get summary(): string {
    const counted = this.#runs.slice(1);
    return [0.5, 0.99].map((share) => median(counted.map((times) => percentile(times, share))).toFixed(2)).join(' and ');
  }
}
