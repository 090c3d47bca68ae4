import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const secretBytes = 32;

/** Compared with when there is no row, so that an unknown token takes as long as a wrong secret. */
const noHash = Buffer.alloc(32);

/** The secret of a new token: 256 random bits. */
export function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url');
}

/** All that is kept of a secret. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether a secret is the one that was hashed; takes as long where there is none. */
export function isSecretOf(secret: string, hash: Uint8Array | undefined): boolean {
  return timingSafeEqual(hashOf(secret), hash ?? noHash);
}
