import { expect, test } from 'vitest';
import { blindIndex, blindIndexes } from '../../src/message/blindIndex.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';

const first = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const second = `k2:${Buffer.alloc(32, 2).toString('base64')}`;

test('equal values have equal hashes, different ones do not', () => {
  const ring = parseKeyRing(first);
  expect(blindIndex(ring, 'gildong@example.com')).toBe(blindIndex(parseKeyRing(first), 'gildong@example.com'));
  expect(blindIndex(ring, 'gildong@example.com')).not.toBe(blindIndex(ring, 'gildong@example.org'));
  expect(blindIndex(ring, 'gildong@example.com')).toMatch(/^k1\.[A-Za-z0-9_-]{43}$/);
});

test('another key makes another hash, not only another prefix', () => {
  const [one, two] = [first, second].map((text) => blindIndex(parseKeyRing(text), 'gildong@example.com').split('.')[1]);
  expect(one).not.toBe(two);
});

test('while a rotation is under way a value is found under the old key and the new one', () => {
  const before = blindIndex(parseKeyRing(first), 'gildong@example.com');
  const rotated = parseKeyRing(`${second},${first}`);
  expect(blindIndexes(rotated, 'gildong@example.com')).toEqual([blindIndex(rotated, 'gildong@example.com'), before]);
});

test('hashes stay what they are, since they are stored', () => {
  expect(blindIndex(parseKeyRing(first), 'gildong@example.com')).toMatchInlineSnapshot(`"k1.UgSwET-awnh-k2vCX66ejxCUWsuzwFZM5ItZdPJ2LNM"`);
});
