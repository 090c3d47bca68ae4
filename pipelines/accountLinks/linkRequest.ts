import { z } from 'zod';
import { WeirError } from '../../src/errors.ts';
import { readVersioned, type Versioned } from '../shared/versioned.ts';

/** Version of the messages that are written, and the newest that is read. One without a version is of the first. */
const version = 1;

/** A message of the stream: a request of another program, or our own word that one is to be tried again. */
export interface LinkRequest {
  /** Of whoever asks: the same however often it is sent. */
  readonly requestId: string;
  /** Our account. */
  readonly accountId: string;
  /** Code of the partner. */
  readonly partner: string;
  /** Letters and digits alone; undefined where the request that stands is tried again. */
  readonly accountNumber: string | undefined;
}

const word = (what: string, pattern: RegExp): z.ZodType<string> => z.string().regex(pattern, `expected ${what}`);

/** An account's number at a partner, as people write it: read without dashes and spaces, so that two spellings are one account. */
export const partnerAccountNumber = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 -]{4,38}[A-Za-z0-9]$/, {
    error: 'expected an account number: 6 to 40 letters, digits, dashes and spaces',
    abort: true,
  })
  .transform((text) => text.replaceAll(/[ -]/g, '').toUpperCase())
  .refine((text) => /(\D*\d){6}/.test(text), 'expected an account number: at least 6 digits');

const fields = {
  version: z.literal(version),
  requestId: word('an id: 1 to 100 letters, digits and any of . _ : -', /^[A-Za-z0-9._:-]{1,100}$/),
  accountId: word('the id of an account: 1 to 64 letters, digits and any of . _ : -', /^[A-Za-z0-9._:-]{1,64}$/),
};

/**
 * What reads a message that was parsed as JSON, for the partners that there are. Errors are those of `readVersioned`, but for a request of
 * another program with a version that there is not: no upgrade of ours will bring it, so it is `undecodable`.
 */
export function linkRequestSchema(partners: readonly string[]): { parse(input: unknown): LinkRequest } {
  const partner = z.enum(partners, `expected the code of a partner: ${partners.join(', ')}`);
  const asked = z.strictObject({ ...fields, partner, accountNumber: partnerAccountNumber });
  // The partner of a row that there is need not be among the options any more.
  const again = z.strictObject({ ...fields, partner: z.string(), again: z.literal(true) });
  const read = (
    schema: z.ZodType<Omit<LinkRequest, 'accountNumber'> & { readonly accountNumber?: string }>,
    input: unknown,
  ): LinkRequest => {
    const about: Versioned<Omit<LinkRequest, 'accountNumber'> & { readonly accountNumber?: string }> = {
      ...{ newest: version, schema, name: 'A request for an account link', expected: 'a request for an account link' },
    };
    const { requestId, accountId, partner: code, accountNumber } = readVersioned(about, input);
    return { requestId, accountId, partner: code, accountNumber };
  };
  return {
    parse(input) {
      if (!isObject(input)) return read(asked, input);
      if ('again' in input) return read(again, { version, ...input });
      if ('version' in input && input.version !== version) {
        throw new WeirError('undecodable', `Not a request for an account link: version: expected ${version}, or none`);
      }
      return read(asked, { ...input, version });
    },
  };
}

/** The message that has a request tried again, as UTF-8 JSON of the newest version. It holds no account number: the row does. */
export function encodeAgain({ requestId, accountId, partner }: Omit<LinkRequest, 'accountNumber'>): Uint8Array {
  return Buffer.from(JSON.stringify({ version, requestId, accountId, partner, again: true }));
}

function isObject(input: unknown): input is object {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
