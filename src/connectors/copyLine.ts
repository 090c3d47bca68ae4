import { WeirError } from '../errors.ts';

/** What one field of a COPY line may be. A Date is written in UTC; JSON is given as its text. */
export type CopyValue = string | number | bigint | boolean | Date | Uint8Array | null;

const special = /[\\\n\r\t]/;
const everySpecial = /[\\\n\r\t]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Writes one row as a line of COPY's text format, without its newline: what `Transaction.copyIn` takes. `null` becomes NULL, an
 * empty text stays an empty text. A number that is not finite is a defect: a `numeric` column would accept NaN without a word.
 */
export function copyLine(values: readonly CopyValue[]): string {
  return values.map(field).join('\t');
}

function field(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new WeirError('defect', `A field of a COPY is ${value}: only finite numbers are written.`);
  }
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array ? `\\\\x${Buffer.from(value).toString('hex')}` : value.toString();
}

function escaped(text: string): string {
  return special.test(text) ? text.replace(everySpecial, (character) => escapes[character] ?? character) : text;
}
