/** Makes identifiers; one per process. */
export interface Identifiers {
  /** A new identifier, larger than every one that this maker made before. */
  next(): bigint;
}

export interface IdentifiersOptions {
  /** Calendar time. */
  now(): Date;
  /** A random number in [0, 1). */
  random(): number;
  /** Which process this is: 0 to 1,023, different for processes that run at the same time. */
  readonly node: number;
}

/** Makes time-sorted identifiers. */
export declare function createIdentifiers(options: IdentifiersOptions): Identifiers;

/** An identifier as 13 letters and digits of Crockford's base 32; sorts as the number does. */
export declare function identifierText(id: bigint): string;

/** Reads what `identifierText` wrote, in either case and with O, I and L for 0 and 1. `undecodable` for anything else. */
export declare function parseIdentifier(text: string): bigint;
