import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { WeirError } from '../errors.ts';
import type { KeyRing, RingKey } from './keyRing.ts';

/*
 * Personal data is encrypted field by field with AES-256-GCM. The text of an envelope is
 *
 *     w1.<key id>.<base64url of nonce (12 bytes), ciphertext, tag (16 bytes)>
 *
 * The same in tables, messages and dead letters. Owner, field and key id are authenticated with it, so a ciphertext that was
 * copied to another row or another field does not open. The owner is the person (`public_info_id`), not the row: a copy of a
 * row for the same person still opens. With a fresh random nonce each time a key is good for 2^32 envelopes.
 */

const version = 'w1';
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts one field of one owner under the current key. */
export function encryptField(ring: KeyRing, owner: string, field: string, plaintext: string): string {
  const key = ring.current;
  const nonce = freshNonce();
  const cipher = createCipheriv('aes-256-gcm', key.cipher, nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundTo(owner, field, key));
  const sealed = Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${version}.${key.id}.${sealed.toString('base64url')}`;
}

/**
 * Decrypts what `encryptField` wrote for the same owner and field, under any key of the ring. `keyMissing` when its key is not in
 * the ring, which passes when it is put there; `decryption` when it is not an envelope, and when it was changed or belongs to another
 * owner or field. The error's text carries neither plaintext nor ciphertext.
 */
export function decryptField(ring: KeyRing, owner: string, field: string, envelope: string): string {
  const { keyId, sealed } = open(field, envelope);
  const key = ring.keys.get(keyId);
  if (key === undefined) throw new WeirError('keyMissing', missingKeys([keyId]));
  const decipher = createDecipheriv('aes-256-gcm', key.cipher, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(boundTo(owner, field, key));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // The client's error says nothing more, and a cause would reach the log.
    throw new WeirError(
      'decryption',
      `The field "${field}" does not open under "${keyId}": it was changed, or belongs to another owner or field.`,
    );
  }
}

/**
 * The same field under the current key; undefined when it is under it already. Whoever writes it compares the old text, so that
 * a value which was changed meanwhile is not overwritten.
 */
export function reencryptField(ring: KeyRing, owner: string, field: string, envelope: string): string | undefined {
  if (keyIdOf(field, envelope) === ring.current.id) return undefined;
  return encryptField(ring, owner, field, decryptField(ring, owner, field, envelope));
}

/** What is to be done where keys that something is encrypted under are not in the ring. */
export function missingKeys(ids: readonly string[]): string {
  const [what, them] = ids.length === 1 ? [`key ${ids[0] ?? ''} is`, 'it'] : [`keys ${ids.join(', ')} are`, 'them'];
  return `${what} not in this process's ring (keys.ring): put ${them} there and restart`;
}

/** How every envelope begins, under whatever key. */
export const anyEnvelopeHead = `${version}.`;

/** How envelopes under the ring's current key begin, for a search that passes them over. */
export function envelopeHead(ring: KeyRing): string {
  return `${version}.${ring.current.id}.`;
}

/** The id of the key that an envelope is encrypted under, without opening it. */
export function keyIdOf(field: string, envelope: string): string {
  return open(field, envelope).keyId;
}

function open(field: string, envelope: string): { readonly keyId: string; readonly sealed: Buffer } {
  const [head, keyId, body, ...rest] = envelope.split('.');
  if (head !== version || keyId === undefined || body === undefined || rest.length > 0) throw notAnEnvelope(field);
  const sealed = Buffer.from(body, 'base64url');
  // Buffer skips what is not base64url; an envelope has one spelling only.
  if (sealed.length < nonceBytes + tagBytes || sealed.toString('base64url') !== body) throw notAnEnvelope(field);
  return { keyId, sealed };
}

function notAnEnvelope(field: string): WeirError {
  return new WeirError('decryption', `The field "${field}" is not an envelope of version ${version}.`);
}

/** Written as JSON, so that no two triples are joined to the same text. */
function boundTo(owner: string, field: string, key: RingKey): Buffer {
  return Buffer.from(JSON.stringify([owner, field, key.id]));
}

// Nonces come from the system's own generator and not from the clock's chance: a seed that replays a run must not repeat them.
// They are drawn many at a time, since a draw costs more than the rest of an encryption.
const pool = Buffer.alloc(nonceBytes * 1_024);
let used = pool.length;

function freshNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.subarray(used, (used += nonceBytes));
}
