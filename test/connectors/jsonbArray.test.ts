import { expect, test } from 'vitest';
import { jsonbArray } from '../../src/connectors/jsonbArray.ts';

test.each<[string, readonly string[]]>([
  ['nothing', []],
  ['one element', ['{"a":1}']],
  ['elements apart by commas', ['1', '"b"', 'null', '[]']],
  ['text of one, two, three and four bytes a character', ['"aé개월😀"', '"할인"']],
  ['elements wider in bytes than in characters', Array.from({ length: 2_000 }, () => '"힣힣힣힣힣힣힣힣"')],
])('%s', (_, elements) => {
  const parameter = jsonbArray(elements);
  expect(parameter[0]).toBe(1);
  expect(parameter.subarray(1).toString()).toBe(`[${elements.join(',')}]`);
});
