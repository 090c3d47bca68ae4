/**
 * The two clocks of a run, and its chance.
 *
 * *Calendar* time (`now`) answers schedules, quiet hours and every rule of the business; a demo moves it. *Elapsed* time
 * (`elapsedMs`, `after`) measures time limits, back-off and chunk waits; it never jumps. Nothing else in Weir asks the
 * machine for the time or for a random number, so a seed replays a run and a month runs in seconds.
 */
export interface Clock {
  /** Calendar time. */
  now(): Date;
  /** Elapsed time in milliseconds from an arbitrary start; never goes back, never jumps. */
  elapsedMs(): number;
  /** A random number in [0, 1). */
  random(): number;
  /** Calls `work` once after `delayMs` of elapsed time, never synchronously. Returns a function that cancels it. */
  after(delayMs: number, work: () => void): () => void;
}
