import type { IHeaders, KafkaMessage } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import type { Delivery } from '../../message/message.ts';
import type { Outgoing } from '../sink.ts';
import { unreadableCodec } from './unreadableRecords.ts';

/** What a record takes in a batch besides its key, value and headers, and a header besides its name and value, in bytes at most. */
const recordBytes = 32;
const headerBytes = 10;

/** A message as the client takes it. */
export function recordOf({ key, value, headers }: Outgoing): { key: string; value: Buffer; headers?: IHeaders } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return headers === undefined || headers.size === 0 ? { key, value: bytes } : { key, value: bytes, headers: Object.fromEntries(headers) };
}

/** What a message takes in a batch, in bytes at most. */
export function sizeOf({ key, value, headers }: Outgoing): number {
  let size = recordBytes + Buffer.byteLength(key) + value.byteLength;
  for (const [name, text] of headers ?? []) size += headerBytes + Buffer.byteLength(name) + Buffer.byteLength(text);
  return size;
}

/** What a record says, copied: what the client gives keeps the whole answer alive that it was cut from. */
export function contentOf(record: KafkaMessage, maxSizeBytes: number): Pick<Delivery, 'key' | 'headers' | 'value' | 'refusal'> {
  const key = record.key?.toString() ?? '';
  const value = Buffer.from(record.value ?? Buffer.alloc(0));
  const headers = headersOf(record.headers);
  const refusal = refusalOf(record, headers, maxSizeBytes);
  return refusal === undefined ? { key, headers, value } : { key, headers, value, refusal };
}

const noHeaders: ReadonlyMap<string, string> = new Map();

function headersOf(headers: IHeaders | undefined): ReadonlyMap<string, string> {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) return noHeaders;
  return new Map(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, textOf(value)] as const])));
}

/** A header that is given several times says the last of it. */
function textOf(value: NonNullable<IHeaders[string]>): string {
  return (Array.isArray(value) ? (value.at(-1) ?? '') : value).toString();
}

function refusalOf(record: KafkaMessage, headers: ReadonlyMap<string, string>, maxSizeBytes: number): WeirError | undefined {
  const codec = headers.get(unreadableCodec);
  if (codec !== undefined) return new WeirError('undecodable', `its batch is compressed with ${codec}; gzip, zstd or none were expected`);
  if (record.value === null) return new WeirError('undecodable', 'it has no value (a tombstone); bytes were expected');
  const size = record.value.byteLength;
  return size <= maxSizeBytes ? undefined : new WeirError('oversize', `the value has ${size} bytes, the topic allows ${maxSizeBytes}`);
}
