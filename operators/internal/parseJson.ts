import { WeirError } from '../../src/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Keys that change what an object is when something copies or merges it. */
const dangerousKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

// Keys may be written with escapes, so a text that has any is looked at key by key too.
const mayHoldDangerousKeys = /__proto__|constructor|\\u/u;

/**
 * Reads bytes as JSON in UTF-8. Throws `undecodable` for other bytes, other text, and objects with keys that reach a
 * prototype. The error says what was expected and holds nothing of the content (the messages of `JSON.parse` quote it).
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = readText(bytes);
  try {
    return mayHoldDangerousKeys.test(text) ? JSON.parse(text, refuseDangerousKeys) : JSON.parse(text);
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw new WeirError('undecodable', `JSON was expected in these ${bytes.length} bytes.`);
  }
}

function readText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new WeirError('undecodable', `UTF-8 was expected in these ${bytes.length} bytes.`);
  }
}

function refuseDangerousKeys(key: string, value: unknown): unknown {
  if (dangerousKeys.has(key)) throw new WeirError('undecodable', `${key}: no such key is accepted.`);
  return value;
}
