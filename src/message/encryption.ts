import type { KeyRing } from './keyRing.ts';

/** Encrypts one field of one owner under the current key; the text is `w1.<key id>.<base64url>`. */
export declare function encryptField(ring: KeyRing, owner: string, field: string, plaintext: string): string;

/** Decrypts what `encryptField` wrote for the same owner and field. `decryption` otherwise. */
export declare function decryptField(ring: KeyRing, owner: string, field: string, envelope: string): string;

/** The same text under the current key; undefined when it is under it already. */
export declare function reencryptField(ring: KeyRing, owner: string, field: string, envelope: string): string | undefined;
