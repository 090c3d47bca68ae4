import { z } from 'zod';
import { WeirError } from '../../src/errors.ts';
import { expectation } from '../../src/expectation.ts';

/** Messages of one kind that programs of different age exchange. */
export interface Versioned<T> {
  /** The newest version that is read. */
  readonly newest: number;
  readonly schema: z.ZodType<T>;
  /** Begins a sentence: `A bill's message`. */
  readonly name: string;
  /** Stands within one: `a bill's message`. */
  readonly expected: string;
}

const anyVersion = z.object({ version: z.int().min(1, 'expected a number of 1 or more') });

/**
 * Reads a message that was parsed as JSON. `newerVersion` for one that a newer Weir wrote, so that it waits for an upgrade instead of
 * being put aside; `undecodable` for any other shape.
 */
export function readVersioned<T>({ newest, schema, name, expected }: Versioned<T>, input: unknown): T {
  const { version } = read(anyVersion, expected, input);
  if (version > newest) throw new WeirError('newerVersion', `${name} of version ${version}; this Weir reads up to ${newest}.`);
  return read(schema, expected, input);
}

function read<T>(schema: z.ZodType<T>, expected: string, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new WeirError('undecodable', `Not ${expected}: ${expectation(result.error)}`);
}
