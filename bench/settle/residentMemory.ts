import { median } from '../statistics.ts';

const sampleEveryMs = 50;

/** The resident set of this process while something worked, in megabytes. */
export interface ResidentMemory {
  readonly highest: number;
  /** Medians of the first, the second and the last third of the time: whether it grows. */
  readonly thirds: readonly number[];
  /** The highest of each tenth of the time. */
  readonly tenths: readonly number[];
}

/** Begins to watch the resident set. The returned function ends that and tells what was seen. */
export function watchResidentMemory(): () => ResidentMemory {
  const samples = [residentMb()];
  const timer = setInterval(() => samples.push(residentMb()), sampleEveryMs);
  return () => {
    clearInterval(timer);
    samples.push(residentMb());
    return residentMemoryOf(samples);
  };
}

/** Sums samples up, oldest first. */
export function residentMemoryOf(samples: readonly number[]): ResidentMemory {
  const size = Math.ceil(samples.length / 3);
  const thirds = [samples.slice(0, size), samples.slice(-2 * size, -size), samples.slice(-size)].map((some) =>
    Math.round(median(some.length === 0 ? samples : some)),
  );
  const tenths = Array.from({ length: 10 }, (_, tenth) => {
    const part = samples.slice(Math.floor((tenth * samples.length) / 10), Math.ceil(((tenth + 1) * samples.length) / 10));
    return Math.round(Math.max(...part));
  });
  return { highest: Math.round(Math.max(...samples)), thirds, tenths };
}

function residentMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}
