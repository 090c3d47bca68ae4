import { createHmac } from 'node:crypto';
import type { KeyRing, RingKey } from './keyRing.ts';

/**
 * A keyed hash of a normalised value, to find its row without decrypting any: `<key id>.<base64url>`, HMAC-SHA-256 under a key
 * derived from the ring's current one. Equal values have equal hashes; nobody without the key can try values.
 */
export function blindIndex(ring: KeyRing, normalized: string): string {
  return hash(ring.current, normalized);
}

/** The hashes under every key of the ring, the current one first: what to look for while a rotation is under way. */
export function blindIndexes(ring: KeyRing, normalized: string): readonly string[] {
  return [...ring.keys.values()].map((key) => hash(key, normalized));
}

function hash(key: RingKey, normalized: string): string {
  return `${key.id}.${createHmac('sha256', key.index).update(normalized, 'utf8').digest('base64url')}`;
}
