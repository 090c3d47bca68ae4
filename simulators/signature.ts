import { createHmac } from 'node:crypto';

/** The headers that prove who posted a body and when: an HMAC-SHA256 over `<timestamp>.<raw body>`, the timestamp in seconds. */
export function signatureHeaders(secret: string, timestampS: number, body: string): Readonly<Record<string, string>> {
  const digest = createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex');
  return { 'x-webhook-timestamp': String(timestampS), 'x-webhook-signature': `v1=${digest}` };
}
