import { createHash } from 'node:crypto';
import { Problem } from '../http/problem.ts';
import type { CallerRequest } from './apiRoute.ts';

/** A request that has its effect once, however often it is sent. */
export interface OnceRequest {
  /** The caller and the route: keys of others are none of its business. */
  readonly scope: string;
  readonly key: string;
  /** SHA-256 of the input, by which another request under the same key is told apart. */
  readonly fingerprint: Buffer;
}

/** The header, for the declaration of a route. */
export const idempotencyHeader = {
  'idempotency-key':
    'Names this request: sent again with the same key and content, it is answered as before and done once. 1 to 255 visible ASCII characters.',
} as const;

const visible = /^[\x21-\x7e]{1,255}$/;

/** Reads the `Idempotency-Key` of a request; `route` is its method and path. 400 where it is missing or none. */
export function onceRequestOf({ headers, caller, input }: CallerRequest<unknown>, route: string): OnceRequest {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || !visible.test(key))
    throw new Problem(400, 'expected the header "Idempotency-Key" with 1 to 255 visible ASCII characters');
  const fingerprint = createHash('sha256').update(canonicalText(input)).digest();
  return { scope: `${caller.name} ${route}`, key, fingerprint };
}

/** The same text for the same content: fields in the order of their names, those that are absent left out. */
function canonicalText(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
    fields.sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalText(inner)}`).join()}}`;
  }
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') throw new TypeError('no content of a request');
  return JSON.stringify(value);
}
