import { Problem } from '../http/problem.ts';
import { checkShape } from './checkShape.ts';
import { NumberText } from './numberText.ts';

/** `JSON.parse` as Node has it: a number is given with its source text. */
interface SourceJson {
  parse(text: string, reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const digitsAlone = /^(0|-?[1-9]\d*)$/;

/**
 * Reads the bytes of a body. No number is ever rounded: a whole number in digits alone is a `number` while that is exact and a
 * `bigint` beyond, any other a `NumberText`. Refuses with 400 what is no JSON, is not UTF-8, begins with a byte order mark, or what
 * `checkShape` refuses; the refusal never repeats a value.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  refuseMalformed(text);
  checkShape(text);
  return (JSON as SourceJson).parse(text, (_name, value, { source }) => (typeof value === 'number' ? exactly(value, source) : value));
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new Problem(400, 'expected a JSON object, and the body is empty');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new Problem(400, 'expected JSON without a byte order mark');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem(400, 'expected JSON in UTF-8');
  }
}

/** Before the shape is looked at, which is read from tokens that are known to be right. */
function refuseMalformed(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new Problem(400, 'expected JSON, and the body is none');
  }
}

function exactly(value: number, source: string | undefined): unknown {
  if (source === undefined || !digitsAlone.test(source)) return new NumberText(source ?? '');
  return Number.isSafeInteger(value) ? value : BigInt(source);
}
