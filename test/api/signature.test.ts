import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnreadRequest } from '../../src/api/apiRoute.ts';
import { verifySignature } from '../../src/api/signature.ts';
import { Problem } from '../../src/http/problem.ts';

const at = new Date('2026-11-22T05:00:00Z');
const now = at.getTime() / 1_000;
const secret = 'a secret of the gateway';
const other = 'the secret that comes after';

function signatureOf(body: string, key = secret, timestamp: number | string = now): string {
  return `v1=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
}

function signed(body: string, headers: Readonly<Record<string, string | undefined>> = {}): UnreadRequest {
  const both = { 'x-webhook-timestamp': String(now), 'x-webhook-signature': signatureOf(body), ...headers };
  return { headers: both, rawBody: Buffer.from(body), path: {}, at };
}

function refusal(request: UnreadRequest, secrets: readonly string[] = [secret]): Problem['body'] | undefined {
  try {
    verifySignature(request, secrets);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.body;
    throw error;
  }
}

const stampedAt = (timestamp: number | string): UnreadRequest =>
  signed('{}', { 'x-webhook-timestamp': String(timestamp), 'x-webhook-signature': signatureOf('{}', secret, timestamp) });

describe('verifySignature', () => {
  it('lets in what is signed with any of the active secrets', () => {
    expect(refusal(signed('{"id":1}'))).toBeUndefined();
    expect(refusal(signed('{"id":1}'), [other, secret])).toBeUndefined();
    const both = `${signatureOf('{"id":1}', 'a secret that nobody knows')}, ${signatureOf('{"id":1}', other)}`;
    expect(refusal(signed('{"id":1}', { 'x-webhook-signature': both }), [secret, other])).toBeUndefined();
  });

  it.each([
    ['no signature', { 'x-webhook-signature': undefined }, 'X-Webhook-Signature'],
    ['another version', { 'x-webhook-signature': signatureOf('{}').replace('v1', 'v2') }, 'X-Webhook-Signature'],
    ['a signature cut short', { 'x-webhook-signature': signatureOf('{}').slice(0, -1) }, 'X-Webhook-Signature'],
    ['a longer signature', { 'x-webhook-signature': `${signatureOf('{}')}0` }, 'X-Webhook-Signature'],
    ['another secret', { 'x-webhook-signature': signatureOf('{}', other) }, 'does not fit'],
    ['another body', { 'x-webhook-signature': signatureOf('{ }') }, 'does not fit'],
    ['the signature of another moment', { 'x-webhook-signature': signatureOf('{}', secret, now - 1) }, 'does not fit'],
    ['no timestamp', { 'x-webhook-timestamp': undefined }, 'X-Webhook-Timestamp'],
    ['a timestamp in milliseconds', { 'x-webhook-timestamp': String(now * 1_000) }, 'X-Webhook-Timestamp'],
    ['a timestamp with an exponent', { 'x-webhook-timestamp': '1e9' }, 'X-Webhook-Timestamp'],
  ])('refuses %s', (_, headers, detail) => {
    expect(refusal(signed('{}', headers))).toMatchObject({ status: 401, detail: expect.stringContaining(detail) as string });
  });

  it.each([
    [-301, false],
    [-300, true],
    [300, true],
    [301, false],
  ])('of a timestamp %i s from now answers %s', (offset, isGood) => {
    expect(refusal(stampedAt(now + offset)) === undefined).toBe(isGood);
  });

  it('finds any change of one byte of the body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, where, change) => {
        const mac = createHmac('sha256', secret).update(`${now}.`).update(bytes).digest('hex');
        const request = { ...signed('', { 'x-webhook-signature': `v1=${mac}` }), rawBody: bytes };
        expect(refusal(request)).toBeUndefined();
        const changed = bytes.map((byte, index) => (index === where % bytes.length ? byte ^ change : byte));
        expect(refusal({ ...request, rawBody: changed })).toMatchObject({ status: 401 });
      }),
    );
  });

  it('is not run without a secret, or with one that is none', () => {
    expect(() => verifySignature(signed('{}'), [])).toThrow(TypeError);
    expect(() => verifySignature(signed('{}', { 'x-webhook-signature': signatureOf('{}', '') }), [secret, ''])).toThrow(TypeError);
  });
});
