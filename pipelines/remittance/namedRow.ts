import { z } from 'zod';
import { identifierText } from '../shared/identifierText.ts';
import { readVersioned } from '../shared/versioned.ts';

/** Version of the messages that are written, and the newest that is read. */
const version = 1;

/** A message that names a row and says nothing of it: whoever reads it looks at the row, as it is by then. */
export interface NamedRow {
  readonly id: bigint;
}

const versionOne = z.strictObject({ version: z.literal(1), id: identifierText });

const versions = { newest: version, schema: versionOne, name: 'A message of a remittance', expected: 'a message of a remittance' };

/** The message as UTF-8 JSON of the newest version. */
export function encodeNamedRow({ id }: NamedRow): Uint8Array {
  return Buffer.from(JSON.stringify({ version, id: id.toString() }));
}

/** Reads a message that was parsed as JSON. `newerVersion` for one that a newer Weir wrote, `undecodable` for any other shape. */
export const namedRowSchema = {
  parse(input: unknown): NamedRow {
    const { id } = readVersioned(versions, input);
    return { id };
  },
};
