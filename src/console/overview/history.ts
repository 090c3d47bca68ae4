/** What was counted of a pipeline or job up to a moment, since this process began. */
export interface Tally {
  readonly ended: number;
  readonly retries: number;
  readonly dead: number;
}

/** What a pipeline or job has done of late. */
export interface Recent {
  /** Messages ended a second, over the last seconds. */
  readonly rate: number;
  /** Of the last 15 minutes, or since this process began. */
  readonly retries: number;
  readonly dead: number;
  /** Messages ended a second, a number for each `everyMs`, the oldest first. */
  readonly history: readonly number[];
}

interface Sample {
  readonly atMs: number;
  readonly tallies: ReadonlyMap<string, Tally>;
}

/** How often a sample is taken, and how many are kept: 15 minutes. */
export const everyMs = 15_000;
const kept = 61;

/** A rate over less than this leaps. */
const shortestMs = 4_000;

/** What has done nothing yet. */
export const none: Tally = { ended: 0, retries: 0, dead: 0 };

/** The last 15 minutes of all pipelines and jobs of this process. Memory: 61 samples of a few numbers for each. */
export class History {
  #samples: readonly Sample[] = [];

  /** To be called every `everyMs`, at an elapsed time. */
  add(atMs: number, tallies: ReadonlyMap<string, Tally>): void {
    this.#samples = [...this.#samples, { atMs, tallies }].slice(-kept);
  }

  /** What one of them has done of late, by what is counted now. */
  recentOf(name: string, nowMs: number, now: Tally): Recent {
    const samples = this.#samples.map(({ atMs, tallies }) => ({ atMs, ...(tallies.get(name) ?? none) }));
    const oldest = samples[0] ?? { atMs: nowMs, ...now };
    const since = samples.findLast(({ atMs }) => nowMs - atMs >= shortestMs);
    return {
      rate: since === undefined ? 0 : perSecond(now.ended - since.ended, nowMs - since.atMs),
      retries: now.retries - oldest.retries,
      dead: now.dead - oldest.dead,
      history: samples.slice(1).map(({ atMs, ended }, at) => {
        const before = samples[at] ?? { atMs, ended };
        return perSecond(ended - before.ended, atMs - before.atMs);
      }),
    };
  }
}

function perSecond(count: number, ms: number): number {
  return ms <= 0 ? 0 : Math.round((count / ms) * 10_000) / 10;
}
