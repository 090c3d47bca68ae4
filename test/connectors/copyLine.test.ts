import { expect, test } from 'vitest';
import { copyLine, type CopyValue } from '../../src/connectors/copyLine.ts';

test.each<[string, CopyValue, string]>([
  ['nothing', null, '\\N'],
  ['an empty text', '', ''],
  ['a text that looks like nothing', '\\N', '\\\\N'],
  ['the end of data', '\\.', '\\\\.'],
  ['a tab, a line end, a return', 'a\tb\nc\rd', 'a\\tb\\nc\\rd'],
  ['a bigint', -9007199254740993n, '-9007199254740993'],
  ['a number', 1.5, '1.5'],
  ['yes', true, 't'],
  ['no', false, 'f'],
  ['an instant', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['bytes', Uint8Array.of(0, 255), '\\\\x00ff'],
])('%s', (_, value, expected) => {
  expect(copyLine([value])).toBe(expected);
});

test('fields are apart by tabs', () => {
  expect(copyLine([1n, null, 'x'])).toBe('1\t\\N\tx');
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY])('%s is refused', (value) => {
  expect(() => copyLine([value])).toThrow('finite');
});
