import { createHmac, timingSafeEqual } from 'node:crypto';
import { Problem } from '../http/problem.ts';
import type { UnreadRequest } from './apiRoute.ts';

/** How far the sender's clock and ours may be apart, in seconds: who replays a request has no longer. */
const toleranceSeconds = 300;

/** Signatures that are compared at most: as many as a sender has secrets while it changes them. */
const maxSignatures = 8;

const leastSecretBytes = 16;
const hex = /^v1=([0-9a-f]{64})$/;
const seconds = /^[1-9]\d{0,11}$/;

/** The headers of a signed request, for its declaration. */
export const signatureHeaders = {
  'x-webhook-timestamp': 'When it was signed, in seconds since 1970; at most 300 from now.',
  'x-webhook-signature':
    'v1=<hex>: HMAC-SHA256 over the timestamp, a dot and the bytes of the body. Several by commas while a secret is changed.',
} as const;

/**
 * Refuses a request unless one of its signatures was made with one of the secrets, over its timestamp and the bytes of its body as
 * they were sent, and the timestamp is within 300 s of now: 401, without saying how near it was. All secrets are active: a new one is
 * added before the sender uses it, an old one removed after. Whoever was let in may still repeat a request within the tolerance: its
 * event is stored under a key that is unique. Throws `TypeError` without a secret that is worth the name.
 */
export function verifySignature({ headers, rawBody, at }: UnreadRequest, secrets: readonly string[]): void {
  if (secrets.length === 0 || secrets.some((secret) => Buffer.byteLength(secret) < leastSecretBytes))
    throw new TypeError(`a signature is verified with secrets of ${leastSecretBytes} bytes or more`);
  const timestamp = headerOf(headers, 'x-webhook-timestamp');
  if (!seconds.test(timestamp)) throw new Problem(401, 'expected the header "X-Webhook-Timestamp" in seconds since 1970');
  const given = signaturesOf(headerOf(headers, 'x-webhook-signature'));
  if (given.length === 0) throw new Problem(401, 'expected the header "X-Webhook-Signature: v1=<64 hex digits>"');
  if (Math.abs(at.getTime() / 1_000 - Number(timestamp)) > toleranceSeconds)
    throw new Problem(401, `expected a timestamp within ${toleranceSeconds} s of now: sign it anew`);
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest());
  // Every pair is compared, so that the time tells nothing.
  const isRight = given.map((mine) => expected.map((theirs) => timingSafeEqual(mine, theirs)).includes(true)).includes(true);
  if (!isRight) throw new Problem(401, 'the signature does not fit the body');
}

function signaturesOf(header: string): readonly Buffer[] {
  const parts = header.split(',').map((part) => hex.exec(part.trim())?.[1]);
  return parts.flatMap((digits) => (digits === undefined ? [] : [Buffer.from(digits, 'hex')])).slice(0, maxSignatures);
}

/** A header that is sent once, or several times, which are joined by commas. */
function headerOf(headers: UnreadRequest['headers'], name: string): string {
  const value = headers[name] ?? '';
  return typeof value === 'string' ? value : value.join(',');
}
