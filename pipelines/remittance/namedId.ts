import { codeOf } from '../../src/errors.ts';
import { namedRowSchema } from './namedRow.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The row that the bytes of a dead letter name; undefined where nobody can read them. Only `newerVersion` is thrown: a newer Weir can. */
export function namedIdOf(bytes: Uint8Array): bigint | undefined {
  try {
    return namedRowSchema.parse(JSON.parse(utf8.decode(bytes))).id;
  } catch (error) {
    if (codeOf(error) === 'newerVersion') throw error;
    // Whatever else is wrong with it, and whoever wrote it: a person looks at it.
    return undefined;
  }
}
