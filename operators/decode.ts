import { WeirError } from '../src/errors.ts';
import { expectation } from '../src/expectation.ts';
import { deadUnlessNewer } from './internal/deadUnlessNewer.ts';
import { mapOpen } from './internal/mapOpen.ts';
import { parseJson } from './internal/parseJson.ts';
import type { Step } from './step.ts';

/** What checks a decoded value and gives it its type. A zod schema is one. */
export interface Schema<T> {
  parse(input: unknown): T;
}

/**
 * Reads the bytes of a text topic as UTF-8 and JSON and gives them to the schema.
 *
 * ```
 * source   --{"id":1}--?--D--{"id":2}--|
 *          decode(schema)
 * result   --a---------x--D--b---------|      x dead: undecodable
 * ```
 *
 * Synchronous and in order. What cannot be read is put aside as `undecodable`, with a text that names the field and what was
 * expected of it, never a value; a `WeirError` of the schema keeps its own code. A message that is put aside leaves once its
 * dead letter is durable; the following ones do not wait. `newerVersion` puts nothing aside: it errors the chain, since a
 * newer Weir wrote the message and can read it. Memory: the messages whose dead letters are being written.
 */
export function decode<T>(schema: Schema<T>): Step<Uint8Array, T> {
  return mapOpen('decode', ({ value }) => {
    try {
      return schema.parse(parseJson(value));
    } catch (error) {
      return deadUnlessNewer(error instanceof WeirError ? error : new WeirError('undecodable', expectation(error), { cause: error }));
    }
  });
}
