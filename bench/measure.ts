import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Entrant, Entrants } from './benchmark.ts';
import { watchForeignLoad } from './load/foreignLoad.ts';
import type { MeasureOptions } from './measureOptions.ts';
import type { Rates } from './result.ts';

/** What tells whether other programs work. */
export interface Quiet {
  /** Resolves when others are quiet, or the patience is over. */
  wait(patienceMs: number): Promise<void>;
  /** Begins to watch the share of the machine that others use; the returned function tells it, where the system does. */
  watch(): () => number | undefined;
}

/** One timed run. */
interface Timing {
  readonly rate: number;
  /** Share of the machine that other programs used meanwhile; 0 where nobody can tell. */
  readonly foreignLoad: number;
}

/** Share of the machine that other programs may use during a run that counts. */
const quietLoad = 0.1;

/** Times a disturbed run is repeated at most. */
const maxRepeats = 3;

/** How long the machine is looked at before a run, in milliseconds. */
const lookMs = 500;

/**
 * Measures the contestants of a benchmark: one round that does not count, since it warms compilers and caches, then `runs`
 * rounds in which they take turns, each round begun by another. A run during which other programs used more than a tenth of the
 * machine is repeated, three times at most; the least disturbed one counts.
 */
export async function measure(entrants: Entrants, options: MeasureOptions, quiet: Quiet = thisMachine): Promise<Rates> {
  const names = (['ceiling', 'ours', 'baseline'] as const).filter((name) => entrants[name] !== undefined);
  const timings = { ours: [] as Timing[], baseline: [] as Timing[], ceiling: [] as Timing[] };
  for (const name of names) await timeOnce(entrants[name] as Entrant, quiet);
  for (let round = 0; round < options.runs; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] as 'ours' | 'baseline' | 'ceiling';
      const timing = await timeQuietly(entrants[name] as Entrant, options, quiet);
      timings[name].push(timing);
      options.onProgress(`run ${round + 1} of ${options.runs}: ${name} ${Math.round(timing.rate).toLocaleString('en-US')}/s`);
    }
  }
  const ratesOf = (some: readonly Timing[]): readonly number[] => some.map(({ rate }) => rate);
  return {
    ours: ratesOf(timings.ours),
    baseline: entrants.baseline === undefined ? undefined : ratesOf(timings.baseline),
    ceiling: ratesOf(timings.ceiling),
    disturbedRuns: Object.values(timings)
      .flat()
      .filter(({ foreignLoad }) => foreignLoad > quietLoad).length,
  };
}

async function timeQuietly(entrant: Entrant, options: MeasureOptions, quiet: Quiet): Promise<Timing> {
  const tries: Timing[] = [];
  do {
    await quiet.wait(options.patienceMs);
    const timing = await timeOnce(entrant, quiet);
    tries.push(timing);
    if (timing.foreignLoad <= quietLoad) break;
    options.onProgress(`disturbed: other programs used ${Math.round(timing.foreignLoad * 100)} % of the machine`);
  } while (tries.length <= maxRepeats);
  return tries.reduce((best, timing) => (timing.foreignLoad < best.foreignLoad ? timing : best));
}

async function timeOnce(entrant: Entrant, quiet: Quiet): Promise<Timing> {
  await entrant.prepare?.();
  collectGarbage();
  const foreignLoad = quiet.watch();
  const startedMs = performance.now();
  const units = await entrant.run();
  const seconds = (performance.now() - startedMs) / 1_000;
  const timing = { rate: units / seconds, foreignLoad: foreignLoad() ?? 0 };
  await entrant.check?.();
  return timing;
}

const thisMachine: Quiet = { wait: waitForQuiet, watch: watchForeignLoad };

async function waitForQuiet(patienceMs: number): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  do {
    const foreignLoad = watchForeignLoad();
    await delay(lookMs);
    if ((foreignLoad() ?? 0) <= quietLoad) return;
  } while (performance.now() < untilMs);
}

/** So that no run pays for the garbage of the one before. */
const collectGarbage = exposedCollector();

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
