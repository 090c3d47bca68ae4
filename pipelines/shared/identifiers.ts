import { WeirError } from '../../src/errors.ts';

/** Makes identifiers; one per process. */
export interface Identifiers {
  /** A new identifier, larger than every one that this maker made before. */
  next(): bigint;
}

export interface IdentifiersOptions {
  /** Calendar time. */
  readonly now: () => Date;
  /** A random number in [0, 1). */
  readonly random: () => number;
  /** Which process this is: 0 to 1,023, different for processes that run at the same time. */
  readonly node: number;
}

/** Identifiers count milliseconds from here: 2020-01-01T00:00:00Z. They stay positive as a signed 64-bit number until 2089. */
export const identifierEpochMs = 1_577_836_800_000;

/** Processes that can make identifiers at the same time. */
export const maxNodes = 1_024;

const counters = 4_096;
const lastMs = 2 ** 41 - 1;

/**
 * Makes time-sorted identifiers of 64 bits, of which the first is zero: 42 bits of milliseconds, 10 of the node, 12 of a counter.
 *
 * Unique for sure within a process and between processes with different nodes. Within a process they rise strictly, also when
 * the clock steps back (the last millisecond is used on) and when a millisecond's counter is used up (the next one is begun:
 * 4,096 a millisecond without end). A millisecond's counter begins at a random place in its lower half, which leaves little to
 * meet where two processes got the same node after all: makers of k and m identifiers in one millisecond meet with odds of
 * about (k + m) / 2,048. Nodes drawn by chance are the same for some pair of n processes with odds of about n² / 2,048 (8
 * processes: 3 %), so a node is better counted, as by a sequence of the database modulo 1,024.
 */
export function createIdentifiers({ now, random, node }: IdentifiersOptions): Identifiers {
  if (!Number.isInteger(node) || node < 0 || node >= maxNodes) {
    throw new WeirError('invalidOption', `A node for identifiers is 0 to ${maxNodes - 1}, got ${node}.`);
  }
  let atMs = -Infinity;
  let counter = counters;
  let base = 0n;

  function begin(nextMs: number): void {
    if (nextMs < 0 || nextMs > lastMs) throw new WeirError('defect', 'The clock is outside the years that identifiers can tell.');
    atMs = nextMs;
    counter = Math.floor(random() * (counters / 2));
    base = (BigInt(atMs) << 22n) | BigInt(node * counters);
  }

  return {
    next() {
      const clockMs = now().getTime() - identifierEpochMs;
      if (clockMs > atMs) begin(clockMs);
      else if (counter === counters) begin(atMs + 1);
      return base + BigInt(counter++);
    },
  };
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const textLength = 13;

/** An identifier as 13 letters and digits of Crockford's base 32, for people to read out; sorts as the number does. */
export function identifierText(id: bigint): string {
  if (id < 0n || id >= 2n ** 63n) throw new WeirError('defect', 'An identifier is a positive number of 63 bits.');
  let text = '';
  for (let rest = id; text.length < textLength; rest >>= 5n) text = alphabet.charAt(Number(rest & 31n)) + text;
  return text;
}

/**
 * Reads what `identifierText` wrote, in either case, and O for 0, I and L for 1, as people mistake them. `undecodable` for
 * anything else.
 */
export function parseIdentifier(text: string): bigint {
  const plain = text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  let id = 0n;
  for (const character of plain) {
    const value = alphabet.indexOf(character);
    if (value < 0) throw notAnIdentifier();
    id = (id << 5n) | BigInt(value);
  }
  if (plain.length !== textLength || id >= 2n ** 63n) throw notAnIdentifier();
  return id;
}

/**
 * Reads an identifier in either of its forms: 13 letters and digits as people read them out, or a decimal number as commands print
 * it. Thirteen digits are the first: no number of thirteen digits was ever made. `undecodable` for anything else.
 */
export function readIdentifier(text: string): bigint {
  if (text.length === textLength || !/^[1-9]\d{0,18}$/.test(text)) return parseIdentifier(text);
  const id = BigInt(text);
  if (id >= 2n ** 63n) throw notAnIdentifier();
  return id;
}

function notAnIdentifier(): WeirError {
  return new WeirError('undecodable', `Expected an identifier: ${textLength} letters and digits, or a number below 2^63.`);
}
