import { createHash } from 'node:crypto';
import type { StoredDeadLetter } from '../../src/message/readDeadLetter.ts';
import { storableText } from '../shared/storableText.ts';
import { namedIdOf } from './namedId.ts';

/** An event of money that came in, and was put aside. */
export interface FailedEvent {
  /** Where it was read, and a hash of it: a topic that was made anew has other messages in the same places. */
  readonly origin: string;
  /** Undefined for one that nobody can read. */
  readonly requestId: bigint | undefined;
  readonly code: string;
  readonly error: string;
}

/**
 * Reads the dead letter of an event. Whatever it holds can be stored: a letter that were refused here would be put aside in its turn. Only
 * what a newer Weir wrote throws, `newerVersion`: stored without its request, it would take its origin for good.
 */
export function readFailedEvent({ original, partition, position, code, text }: StoredDeadLetter): FailedEvent {
  const hash = createHash('sha256').update(original).digest('hex').slice(0, 16);
  const origin = storableText(`${partition} ${position} ${hash}`);
  return { origin, requestId: namedIdOf(original), code: storableText(code), error: storableText(text) };
}
