import { readDeadLetter, type StoredDeadLetter } from '../src/message/readDeadLetter.ts';
import { mapOpen } from './internal/mapOpen.ts';
import type { Step } from './step.ts';

/**
 * Reads the messages of a topic of dead letters: each with its reason and the place where the original was read.
 *
 * ```
 * source   --a--D--b--|
 *          decodeDeadLetter()
 * result   --A--D--B--|
 * ```
 *
 * Synchronous and in order. It refuses nothing: what carries no reason says so, so that no dead letter makes another one here.
 * Memory: none of its own.
 */
export function decodeDeadLetter(): Step<Uint8Array, StoredDeadLetter> {
  return mapOpen('decodeDeadLetter', ({ envelope: { key, headers, partition, position }, value }) =>
    readDeadLetter({ key, headers, partition, position, original: value }),
  );
}
