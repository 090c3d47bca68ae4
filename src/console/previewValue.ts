import { createHash } from 'node:crypto';
import type { Json } from '../runtime/jobs/job.ts';

/** Parts of a value that are shown at most, and how deep: a person reads them. */
const maxParts = 100;
const maxDepth = 6;

const encrypted = /^w1\.([A-Za-z0-9_-]{1,32})\.[A-Za-z0-9_-]+$/;
/** What cannot be a name or an address: days, times, and numbers as text that do not begin as telephone numbers do. */
const harmless = [
  /^\d{4}-\d{2}(-\d{2})?(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/,
  /^\d{2}:\d{2}(:\d{2})?$/,
  /^-?(?!0\d)(?!82)(?!10\d{8}$)\d{1,20}$/,
];
/** Fields whose digits are a person's, however they are written. */
const personalName = /account_?number/i;
const fieldName = /^[A-Za-z][A-Za-z0-9_]{0,40}$/;

/**
 * Shows the bytes of a dead letter without personal data: the shape of their JSON, with numbers, days and ids as they are, what
 * is encrypted as that, and every other text by its length alone. A list of what is shown, not of what is hidden: nobody knows
 * what a broken message carries. What is no JSON is told by its size and hash.
 */
export function previewValue(value: Uint8Array): Json {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  try {
    return previewOf(JSON.parse(bytes.toString()) as Json, 0);
  } catch {
    return { notJson: true, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
}

/** A text without personal data: itself when it cannot be personal, else what it is. */
export function previewText(text: string): string {
  const keyId = encrypted.exec(text)?.[1];
  if (keyId !== undefined) return `encrypted (key ${keyId})`;
  return text === '' || harmless.some((pattern) => pattern.test(text)) ? text : `text (${text.length} characters)`;
}

function previewOf(value: Json, depth: number): Json {
  if (typeof value === 'string') return previewText(value);
  // A telephone number that was written as a number.
  if (typeof value === 'number') return Math.abs(value) < 10 ** 8 ? value : previewText(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (depth === maxDepth) return 'deeper';
  if (isList(value)) return value.slice(0, maxParts).map((part) => previewOf(part, depth + 1));
  const fields = Object.entries(value).slice(0, maxParts);
  return Object.fromEntries(
    fields.map(([name, part], at) => [
      fieldName.test(name) ? name : `field ${at + 1}`,
      personalName.test(name) ? lengthOf(part) : previewOf(part, depth + 1),
    ]),
  );
}

/** What stands in a field that is a person's: an envelope as that, anything else by its length. */
function lengthOf(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return encrypted.test(text) ? previewText(text) : `text (${text.length} characters)`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
