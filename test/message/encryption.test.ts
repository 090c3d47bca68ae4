import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decryptField, encryptField, keyIdOf, reencryptField } from '../../src/message/encryption.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';

const first = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const second = `k2:${Buffer.alloc(32, 2).toString('base64')}`;
const ring = parseKeyRing(first);
const rotated = parseKeyRing(`${second},${first}`);

function failure(action: () => unknown, expected: object = { code: 'decryption', kind: 'permanent' }): string {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject(expected);
    expect((error as Error).cause).toBeUndefined();
    return (error as Error).message;
  }
  throw new Error('It opened.');
}

test('what is encrypted opens for the same owner and field', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.constantFrom('name', 'email', 'phone'), (plaintext, owner, field) => {
      const envelope = encryptField(ring, owner, field, plaintext);
      expect(envelope).toMatch(/^w1\.k1\.[A-Za-z0-9_-]+$/);
      expect(decryptField(ring, owner, field, envelope)).toBe(plaintext);
    }),
  );
});

test('no two envelopes have the same nonce, over several refills of the pool', () => {
  const nonces = Array.from({ length: 5_000 }, () => encryptField(ring, '1', 'name', '').slice('w1.k1.'.length, 'w1.k1.'.length + 16));
  expect(new Set(nonces).size).toBe(5_000);
});

test('a ciphertext that was copied to another row does not open', () => {
  failure(() => decryptField(ring, '1002', 'name', encryptField(ring, '1001', 'name', '홍길동')));
});

test('a ciphertext that was copied to another field does not open', () => {
  failure(() => decryptField(ring, '1001', 'email', encryptField(ring, '1001', 'name', '홍길동')));
});

test('a separator within the owner does not make two owners one', () => {
  failure(() => decryptField(ring, '1', 'x|name', encryptField(ring, '1|x', 'name', '홍길동')));
});

test('an envelope does not open under the name of another key', () => {
  const sameBytes = parseKeyRing(`${first},copy:${Buffer.alloc(32, 1).toString('base64')}`);
  failure(() => decryptField(sameBytes, '1', 'name', encryptField(ring, '1', 'name', 'x').replace('.k1.', '.copy.')));
});

test('a change of any bit is noticed', () => {
  const envelope = encryptField(ring, '1001', 'name', '홍길동');
  const sealed = Buffer.from(envelope.slice('w1.k1.'.length), 'base64url');
  fc.assert(
    fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      failure(() => decryptField(ring, '1001', 'name', `w1.k1.${changed.toString('base64url')}`));
    }),
  );
});

test.each([
  ['nothing', ''],
  ['plain text', 'gildong@example.com'],
  ['another version', encryptField(ring, '1', 'name', 'x').replace('w1', 'w2')],
  ['a part too many', `${encryptField(ring, '1', 'name', 'x')}.x`],
  ['too short for nonce and tag', `w1.k1.${Buffer.alloc(27).toString('base64url')}`],
  ['another spelling', `${encryptField(ring, '1', 'name', 'x')}=`],
])('%s is not an envelope, and is not repeated', (_, envelope) => {
  const message = failure(() => decryptField(ring, '1', 'name', envelope));
  expect(message).toContain('not an envelope');
  if (envelope !== '') expect(message).not.toContain(envelope);
});

test('a key that is not in the ring is named, and may be put there: what is under it is not given up', () => {
  const envelope = encryptField(rotated, '1', 'name', 'x');
  expect(failure(() => decryptField(ring, '1', 'name', envelope), { code: 'keyMissing', kind: 'transient' })).toBe(
    "key k2 is not in this process's ring (keys.ring): put it there and restart",
  );
});

describe('rotation', () => {
  const old = encryptField(ring, '1001', 'email', 'gildong@example.com');

  test('old envelopes open while their key is in the ring', () => {
    expect(decryptField(rotated, '1001', 'email', old)).toBe('gildong@example.com');
  });

  test('an old envelope is written anew under the current key', () => {
    const renewed = reencryptField(rotated, '1001', 'email', old) ?? '';
    expect(keyIdOf('email', renewed)).toBe('k2');
    expect(decryptField(parseKeyRing(second), '1001', 'email', renewed)).toBe('gildong@example.com');
  });

  test('what is under the current key is left alone', () => {
    expect(reencryptField(ring, '1001', 'email', old)).toBeUndefined();
  });

  test('a ciphertext that does not belong to its row is not made to belong', () => {
    failure(() => reencryptField(rotated, '1002', 'email', old));
  });
});
