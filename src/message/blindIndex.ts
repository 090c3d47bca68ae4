import type { KeyRing } from './keyRing.ts';

/** A keyed hash of a normalised value, to find its row without decrypting: `<key id>.<base64url>` under the current key. */
export declare function blindIndex(ring: KeyRing, normalized: string): string;

/** The hashes under every key of the ring, the current one first: what to look for while a rotation is under way. */
export declare function blindIndexes(ring: KeyRing, normalized: string): readonly string[];
