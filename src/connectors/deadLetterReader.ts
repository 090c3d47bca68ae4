import type { KeptLetter } from '../message/keptLetter.ts';

/** Which dead letters are read. */
export interface LetterRange {
  /** Behind this one, in the direction of reading. */
  readonly after?: string | undefined;
  /** Not newer than this one. */
  readonly upTo?: string | undefined;
  /** Default: the oldest first. */
  readonly isNewestFirst?: boolean;
  readonly limit: number;
}

/**
 * Reads the dead letters of a topic and takes none away. Positions are ordered by when the letters were written, so that those up
 * to a position are a frozen set which only shrinks: by what the bus trims. `invalidKey` for a position that is none.
 */
export interface DeadLetterReader {
  /** The position of the newest; undefined when there are none. */
  newest(): Promise<string | undefined>;
  /** The next letters of a range, at most `limit`; none at its end. */
  page(range: LetterRange): Promise<readonly KeptLetter[]>;
  /** The letters at these positions, in their order; those that are gone are left out. */
  at(positions: readonly string[]): Promise<readonly KeptLetter[]>;
}
