/** Something that can stand still although it has work. */
export interface Progress {
  readonly name: string;
  /** How long work has been waiting without any of it ending, in milliseconds of elapsed time; 0 when idle. */
  standingMs(): number;
}

/**
 * The names of what has work and ended none of it for `limitMs`. A dependency that is away is not among them: while pipelines
 * back off they have nothing in flight.
 */
export function standing(parts: Iterable<Progress>, limitMs: number): readonly string[] {
  return [...parts].filter((part) => part.standingMs() > limitMs).map((part) => part.name);
}
