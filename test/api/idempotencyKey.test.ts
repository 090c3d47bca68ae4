import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idempotencyHeader, onceRequestOf, type OnceRequest } from '../../src/api/idempotencyKey.ts';
import { Problem } from '../../src/http/problem.ts';

const name = Object.keys(idempotencyHeader)[0] ?? '';

function once(input: unknown, key: string | undefined = 'k', caller = 'kim'): OnceRequest {
  const request = { headers: { [name]: key }, path: {}, rawBody: new Uint8Array(), at: new Date(0), input };
  return onceRequestOf({ ...request, caller: { name: caller, mayUse: () => false } }, 'POST /moves');
}

const print = (input: unknown): string => once(input).fingerprint.toString('hex');

describe('onceRequestOf', () => {
  it.each(['', ' ', 'a b', 'a\tb', 'é', 'a'.repeat(256)])('refuses the key %j', (key) => {
    expect(() => once({}, key)).toThrow(Problem);
  });

  it('refuses a request without a key', () => {
    const request = { headers: {}, path: {}, rawBody: new Uint8Array(), at: new Date(0), input: {} };
    expect(() => onceRequestOf({ ...request, caller: { name: 'kim', mayUse: () => false } }, 'POST /moves')).toThrow('Idempotency-Key');
  });

  it('takes 1 to 255 visible characters, in the scope of the caller and the route', () => {
    expect(once({}, '~'.repeat(255))).toMatchObject({ key: '~'.repeat(255), scope: 'kim POST /moves' });
    expect(once({}, '!', 'lee').scope).toBe('lee POST /moves');
  });

  it('gives the same content the same fingerprint, whatever the order of its fields', () => {
    expect(print({ body: { a: 1n, b: [1, { c: null, d: 'x' }] } })).toBe(print({ body: { b: [1, { d: 'x', c: null }], a: 1n } }));
    expect(print({ a: 1, b: undefined })).toBe(print({ a: 1 }));
  });

  it('tells other content apart', () => {
    const all = [
      { a: 1n },
      { a: 2n },
      { a: '1' },
      { a: [1] },
      { a: [1, 1] },
      { a: 11 },
      { a: '1,1' },
      { b: 1 },
      { a: { a: 1 } },
      { a: null },
      { a: '' },
      {},
    ];
    expect(new Set(all.map(print)).size).toBe(all.length);
    const different = fc.tuple(fc.jsonValue(), fc.jsonValue()).filter(([left, right]) => JSON.stringify(left) !== JSON.stringify(right));
    const isSorted = (value: unknown): boolean => !JSON.stringify(value).includes('{');
    fc.assert(fc.property(different, ([left, right]) => !isSorted(left) || !isSorted(right) || print(left) !== print(right)));
  });
});
