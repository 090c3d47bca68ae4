import { codeOf } from '../../src/errors.ts';
import { dead, type Decision } from '../../src/message/decision.ts';

/** Puts a message aside for an error; throws `newerVersion`, which errors the chain: a newer Weir wrote the message and can read it. */
export function deadUnlessNewer(error: unknown): Decision {
  if (codeOf(error) === 'newerVersion') throw error;
  return dead(error);
}
