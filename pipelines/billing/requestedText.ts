import { z } from 'zod';
import { identifierText } from '../shared/identifierText.ts';
import { readVersioned } from '../shared/versioned.ts';

/** The topic of bills that an operator sends as SMS. The key is `public_info_id`. */
export const textTopic = {
  name: 'queuing.billing.sms.send',
  deadLetters: 'queuing.billing.sms.send.dlt',
  partitions: 3,
  maxSizeBytes: 4_096,
} as const;

/** Version of the message that is written, and the newest that is read. */
const version = 1;

/** A bill on its way to the SMS endpoint. Number, fee and details are read by the claim, just before sending. */
export interface RequestedText {
  readonly billId: bigint;
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
  readonly publicInfoId: bigint;
  /** Id of the send attempt, and the key under which the endpoint sends it once. */
  readonly token: bigint;
}

const versionOne = z.strictObject({
  version: z.literal(version),
  billId: identifierText,
  billingDate: z.string().regex(/^[12]\d{3}-(0[1-9]|1[0-2])-01$/, 'expected the first day of a month'),
  publicInfoId: identifierText,
  token: identifierText,
});

const versions = { newest: version, schema: versionOne, name: 'An SMS', expected: 'an SMS of a bill' };

/** The message as UTF-8 JSON of the newest version. */
export function encodeRequestedText({ billId, billingDate, publicInfoId, token }: RequestedText): Uint8Array {
  const ids = { billId: `${billId}`, billingDate, publicInfoId: `${publicInfoId}`, token: `${token}` };
  return Buffer.from(JSON.stringify({ version, ...ids }));
}

/** The message of a request as it is published. */
export function textMessage(request: RequestedText): { readonly key: string; readonly value: Uint8Array } {
  return { key: request.publicInfoId.toString(), value: encodeRequestedText(request) };
}

/**
 * Reads a message that was parsed as JSON. `newerVersion` for one that a newer Weir wrote (it waits for an upgrade), `undecodable`
 * for any other shape.
 */
export const requestedTextSchema = {
  parse(input: unknown): RequestedText {
    const { billId, billingDate, publicInfoId, token } = readVersioned(versions, input);
    return { billId, billingDate, publicInfoId, token };
  },
};
