import type { StoredDeadLetter } from '../../src/message/readDeadLetter.ts';
import { storableText } from '../shared/storableText.ts';
import { namedIdOf } from './namedId.ts';

/** A message of a call that was put aside. */
export interface PutAsideCall {
  /** Undefined for one that nobody can read. */
  readonly callId: bigint | undefined;
  readonly code: string;
  readonly error: string;
  /** Calendar time; undefined where it does not say when. */
  readonly diedAt: Date | undefined;
}

/** Reads the dead letter of a call. Whatever it holds can be stored; only what a newer Weir wrote throws, `newerVersion`. */
export function readPutAsideCall({ original, code, text, diedAt }: StoredDeadLetter): PutAsideCall {
  return { callId: namedIdOf(original), code: storableText(code), error: storableText(text), diedAt };
}
