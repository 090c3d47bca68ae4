import { expect, test } from 'vitest';
import { piecesOf } from '../../src/connectors/piecesOf.ts';
import type { Outgoing } from '../../src/connectors/sink.ts';

const limits = { count: 3, sizeBytes: 10, sizeOf: ({ value }: Outgoing): number => value.byteLength };

test.each([
  ['nothing', [], []],
  ['what fits into one', [1, 2, 3], [[1, 2, 3]]],
  ['more than a piece may hold', [1, 1, 1, 1], [[1, 1, 1], [1]]],
  ['more bytes than a piece may have', [5, 5, 1], [[5, 5], [1]]],
  ['one that is too large for any piece', [1, 11, 1], [[1], [11], [1]]],
])('%s is cut into pieces in its order', (_, sizes, pieces) => {
  const messages = sizes.map((size) => ({ key: 'k', value: Buffer.alloc(size) }));
  expect([...piecesOf(messages, limits)].map((piece) => piece.map(limits.sizeOf))).toEqual(pieces);
});
