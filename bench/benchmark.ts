import type { MeasureOptions } from './measureOptions.ts';

/** One contestant. Its rate is the units it has done by the seconds that `run` took. */
export interface Entrant {
  /** Brings everything back to the same start. Not timed. */
  prepare?(): Promise<void>;
  /** Does the work and resolves to the units done. Timed. */
  run(): Promise<number>;
  /** Checks what the run left, and throws when it is wrong: a wrong result has no rate. Not timed. */
  check?(): Promise<void>;
}

/** The contestants of one benchmark: they do the same work over the same data on the same machine. */
export interface Entrants {
  /** Weir. */
  readonly ours: Entrant;
  /** What a team would otherwise use or write. */
  readonly baseline?: Entrant;
  /** What the outside system, or the machine, gives when nothing is in its way. */
  readonly ceiling: Entrant;
}

/** A benchmark whose data is there. */
export interface Contest {
  readonly entrants: Entrants;
  /** Findings that are no rate of an entrant, such as memory; asked once, after all runs, and measured as patiently as they were. */
  facts?(options: MeasureOptions): Promise<Readonly<Record<string, number | string>>>;
  /** Ends what was started. */
  close(): Promise<void>;
}

/** One thing that is measured, beside what it is measured against. */
export interface Benchmark {
  readonly name: string;
  /** What is counted; the table shows it per second. */
  readonly unit: string;
  /** Units of one run where `--size` does not say. */
  readonly size: number;
  /** Starts the services it needs and makes its data. */
  open(size: number): Promise<Contest>;
}
