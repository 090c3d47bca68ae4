import { availableParallelism, cpus, totalmem } from 'node:os';
import { median, ratio } from './statistics.ts';

/** Where a benchmark ran. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
}

/** The rates of every contestant, one a run, in the order of the runs. */
export interface Rates {
  readonly ours: readonly number[];
  readonly baseline: readonly number[] | undefined;
  readonly ceiling: readonly number[];
  /** Counted runs during which other programs worked, although each was repeated. */
  readonly disturbedRuns: number;
}

/** What `--json` writes. Rates are medians, per second; null where there is no such contestant. */
export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly size: number;
  readonly runs: number;
  readonly ours: number;
  readonly baseline: number | null;
  readonly ceiling: number;
  readonly ratioToBaseline: number | null;
  readonly ratioToCeiling: number | null;
  readonly disturbedRuns: number;
  readonly facts: Readonly<Record<string, number | string>>;
  readonly machine: Machine;
}

/** What is known about a benchmark besides its rates. */
export type Setting = Pick<Result, 'name' | 'unit' | 'size' | 'facts' | 'machine'>;

/** Sums rates up: medians, and how ours stand beside the others. */
export function resultOf(setting: Setting, rates: Rates): Result {
  const [ours, ceiling] = [median(rates.ours), median(rates.ceiling)];
  const baseline = rates.baseline === undefined ? null : median(rates.baseline);
  const { name, unit, size, facts, machine } = setting;
  return {
    ...{ name, unit, size, runs: rates.ours.length },
    ...{ ours: Math.round(ours), baseline: baseline === null ? null : Math.round(baseline), ceiling: Math.round(ceiling) },
    ...{ ratioToBaseline: ratio(ours, baseline), ratioToCeiling: ratio(ours, ceiling) },
    ...{ disturbedRuns: rates.disturbedRuns, facts, machine },
  };
}

/** The JSON text of some results: of one an object, of more a list. */
export function jsonOf(results: readonly Result[]): string {
  return `${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`;
}

/** This machine. */
export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}
