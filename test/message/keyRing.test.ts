import { expect, test } from 'vitest';
import { parseKeyRing } from '../../src/message/keyRing.ts';

const one = Buffer.alloc(32, 1).toString('base64');
const two = Buffer.alloc(32, 2).toString('base64url');

test('the first key is the current one', () => {
  const ring = parseKeyRing(`k2:${two},k1:${one}`);
  expect(ring.current.id).toBe('k2');
  expect([...ring.keys.keys()]).toEqual(['k2', 'k1']);
});

test('keys may stand on lines of their own, as in a file', () => {
  expect([...parseKeyRing(`k2: ${two}\r\nk1:${one}\n`).keys.keys()]).toEqual(['k2', 'k1']);
});

test('the key of the hash is not the key of the cipher', () => {
  const { current } = parseKeyRing(`k1:${one}`);
  expect(current.index.equals(current.cipher)).toBe(false);
});

test.each([
  ['is empty', '', 'empty'],
  ['holds only separators', ' ,\n', 'empty'],
  ['has an entry without id', `k2:${two},${one}`, 'entry 2'],
  ['has an id with a dot', `k.1:${one}`, 'entry 1'],
  ['has an empty id', `:${one}`, 'entry 1'],
  ['has a key that is no base64', 'k1:secret!secret', '"k1"'],
  ['has no key', 'k1:', '"k1"'],
  ['has a short key', `k1:${Buffer.alloc(16, 3).toString('base64')}`, '16 bytes'],
  ['has an id twice', `k1:${one},k1:${two}`, 'twice'],
])('a ring that %s is refused with its place and without its bytes', (_, text, said) => {
  let message = '';
  try {
    parseKeyRing(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalidOption' });
    message = (error as Error).message;
  }
  expect(message).toContain(said);
  for (const secret of [one, two, 'secret', Buffer.alloc(16, 3).toString('base64')]) expect(message).not.toContain(secret.slice(0, 8));
});
