import type { Outgoing } from '../sink.ts';
import { WeirError } from '../../errors.ts';
import type { Delivery } from '../../message/message.ts';

/** An entry of a stream as Redis answers it: its id, and its fields and values in turn; no fields where it was deleted. */
export type Entry = readonly [id: Buffer, fields: readonly Buffer[] | null];

const noHeaders: ReadonlyMap<string, string> = new Map();

/** The fields of an entry: `key`, `value` (any bytes) and, where there are any, `headers` (a JSON object of strings). */
export function fieldsOf({ key, value, headers }: Outgoing): (string | Buffer)[] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (headers === undefined || headers.size === 0) return ['key', key, 'value', bytes];
  return ['key', key, 'value', bytes, 'headers', JSON.stringify(Object.fromEntries(headers))];
}

/** What an entry says. What another program wrote in another shape is refused, with all its fields as the value. */
export function contentOf(fields: readonly Buffer[], maxSizeBytes: number): Pick<Delivery, 'key' | 'headers' | 'value' | 'refusal'> {
  let key = '';
  let value: Buffer | undefined;
  let headers: ReadonlyMap<string, string> | undefined = noHeaders;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const content = fields[index + 1] as Buffer;
    switch ((fields[index] as Buffer).toString('latin1')) {
      case 'key':
        key = content.toString();
        break;
      case 'value':
        value = content;
        break;
      case 'headers':
        headers = headersOf(content);
        break;
    }
  }
  if (value === undefined || headers === undefined) {
    const refusal = new WeirError('undecodable', 'the entry lacks the field `value`, or its `headers` are not a JSON object of strings');
    return { key, headers: headers ?? noHeaders, value: value ?? asJson(fields), refusal };
  }
  if (value.length <= maxSizeBytes) return { key, headers, value };
  const refusal = new WeirError('oversize', `the value has ${value.length} bytes, the topic allows ${maxSizeBytes}`);
  return { key, headers, value, refusal };
}

function headersOf(content: Buffer): ReadonlyMap<string, string> | undefined {
  try {
    const parsed: unknown = JSON.parse(content.toString());
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const entries = Object.entries(parsed);
    return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string') ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

/** All fields as a JSON array of names and values in turn, so that a person can read what nobody here understands. */
function asJson(fields: readonly Buffer[]): Buffer {
  return Buffer.from(JSON.stringify(fields.map(readable)));
}

function readable(bytes: Buffer): string | { readonly base64: string } {
  const text = bytes.toString();
  return bytes.equals(Buffer.from(text)) ? text : { base64: bytes.toString('base64') };
}
