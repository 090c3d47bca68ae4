import type { KeyObject } from 'node:crypto';

/** The keys that encrypt personal data: one writes, all read. */
export interface KeyRing {
  readonly currentKeyId: string;
  readonly keys: ReadonlyMap<string, { readonly cipher: KeyObject; readonly index: KeyObject }>;
}

/** Reads a ring from `id:base64key,…`; the first key is the current one. `invalidOption` names the key, never its bytes. */
export declare function parseKeyRing(text: string): KeyRing;
