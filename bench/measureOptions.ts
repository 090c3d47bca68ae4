/** How patiently a benchmark is measured. */
export interface MeasureOptions {
  /** Counted runs of each contestant, from 1. */
  readonly runs: number;
  /** How long a run waits for other programs to be quiet, in milliseconds. */
  readonly patienceMs: number;
  /** Told what happens, for people who wait. */
  readonly onProgress: (text: string) => void;
}
