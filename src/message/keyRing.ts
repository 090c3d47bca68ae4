import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { WeirError } from '../errors.ts';

/** One key of a ring, as two: the hash that finds rows never uses the key that encrypts them. */
export interface RingKey {
  readonly id: string;
  /** For AES-256-GCM. */
  readonly cipher: KeyObject;
  /** For the keyed hash; derived from the cipher's. */
  readonly index: KeyObject;
}

/**
 * The keys that encrypt personal data. The current one writes; every one reads, so an old key stays in the ring until nothing
 * is encrypted under it any more.
 */
export interface KeyRing {
  readonly current: RingKey;
  /** By id, the current one first. */
  readonly keys: ReadonlyMap<string, RingKey>;
}

const keySizeBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{1,32}$/;
const base64Pattern = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * Reads a ring from text: `id:key` pairs, separated by commas or line ends; the first is the current one. A key is 32 bytes as
 * base64 or base64url. `invalidOption` names the key that is wrong, never what it consists of.
 */
export function parseKeyRing(text: string): KeyRing {
  const keys = new Map<string, RingKey>();
  const entries = text.split(/[,\r\n]/).map((entry) => entry.trim());
  for (const entry of entries.filter((candidate) => candidate !== '')) {
    const key = parseKey(entry, keys.size + 1);
    if (keys.has(key.id)) throw invalid(`has the id "${key.id}" twice`);
    keys.set(key.id, key);
  }
  const [current] = keys.values();
  if (current === undefined) throw invalid('is empty: expected id:key, with a key of 32 bytes as base64');
  return { current, keys };
}

function parseKey(entry: string, place: number): RingKey {
  const colon = entry.indexOf(':');
  // Without a colon the whole entry may be a key, so nothing of it is repeated.
  if (colon < 0) throw invalid(`has no id in entry ${place}: expected id:key`);
  const id = entry.slice(0, colon);
  if (!idPattern.test(id)) throw invalid(`has an id in entry ${place} that is not 1 to 32 letters, digits, _ or -`);
  const encoded = entry.slice(colon + 1).trim();
  if (!base64Pattern.test(encoded)) throw invalid(`has a key "${id}" that is not base64`);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== keySizeBytes) throw invalid(`has a key "${id}" of ${bytes.length} bytes, expected ${keySizeBytes}`);
  const index = Buffer.from(hkdfSync('sha256', bytes, '', 'weir blind index', keySizeBytes));
  return { id, cipher: createSecretKey(bytes), index: createSecretKey(index) };
}

function invalid(what: string): WeirError {
  return new WeirError('invalidOption', `The key ring ${what}.`);
}
