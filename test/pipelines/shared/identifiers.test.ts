import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createIdentifiers,
  identifierEpochMs,
  identifierText,
  maxNodes,
  parseIdentifier,
  readIdentifier,
} from '../../../pipelines/shared/identifiers.ts';

const noon = Date.UTC(2026, 10, 15, 12);

function makerAt(timesMs: readonly number[], node = 7, random: () => number = () => 0.5): { next: () => bigint } {
  let call = 0;
  const now = (): Date => new Date(timesMs[Math.min(call++, timesMs.length - 1)] ?? noon);
  return createIdentifiers({ now, random, node });
}

test('an identifier tells its millisecond and its node', () => {
  const id = makerAt([noon], 1_023).next();
  expect(Number(id >> 22n) + identifierEpochMs).toBe(noon);
  expect(Number((id >> 12n) & 1_023n)).toBe(1_023);
});

test('identifiers rise strictly whatever the clock does', () => {
  const step = fc.integer({ min: -5_000, max: 5_000 });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 2, maxLength: 200 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (steps, chance) => {
        const maker = makerAt(
          steps.map((offset) => noon + offset),
          3,
          () => chance,
        );
        const ids = steps.map(() => maker.next());
        for (const [index, id] of ids.entries()) expect(index === 0 || id > (ids[index - 1] ?? id)).toBe(true);
      },
    ),
  );
});

test('a millisecond that is used up goes on in the next one, still under its own node', () => {
  const maker = makerAt([noon], 7, () => 0.999);
  const ids = Array.from({ length: 20_000 }, () => maker.next());
  expect(new Set(ids).size).toBe(20_000);
  expect(ids.every((id) => ((id >> 12n) & 1_023n) === 7n)).toBe(true);
  expect(ids).toEqual(ids.toSorted((one, other) => (one < other ? -1 : 1)));
});

test('processes with different nodes never meet in the same millisecond', () => {
  const ids = Array.from({ length: 8 }, (_, node) => {
    const maker = makerAt([noon], node);
    return Array.from({ length: 2_000 }, () => maker.next());
  }).flat();
  expect(new Set(ids).size).toBe(16_000);
});

test('identifiers fit into a signed 64-bit column until 2089', () => {
  expect(makerAt([Date.UTC(2089, 0, 1)], 1_023, () => 0.999).next()).toBeLessThan(2n ** 63n);
  expect(() => makerAt([Date.UTC(2090, 0, 1)]).next()).toThrow(expect.objectContaining({ code: 'defect' }));
  expect(() => makerAt([Date.UTC(2019, 11, 31)]).next()).toThrow(expect.objectContaining({ code: 'defect' }));
});

test.each([-1, maxNodes, 1.5, Number.NaN])('refuses %d as a node', (node) => {
  expect(() => makerAt([noon], node)).toThrow(expect.objectContaining({ code: 'invalidOption' }));
});

test('the text of an identifier reads back and sorts as the number does', () => {
  const id = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(id, id, (one, other) => {
      expect(identifierText(one)).toMatch(/^[0-9A-HJKMNP-TV-Z]{13}$/);
      expect(parseIdentifier(identifierText(one))).toBe(one);
      expect(identifierText(one) < identifierText(other)).toBe(one < other);
    }),
  );
});

test('the text is read as people write it down', () => {
  const text = identifierText(783_261_098_765_432_101n);
  expect(text).toBe('0NQNKT734QD95');
  expect(parseIdentifier(text.toLowerCase())).toBe(783_261_098_765_432_101n);
  expect(parseIdentifier('oooooooooooIL')).toBe(33n);
});

test.each(['', '0', '0NQNKT734QD9U', '0NQNKT734QD955', 'ZZZZZZZZZZZZZ', '0NQNKT734QD9-'])('refuses "%s" as an identifier', (text) => {
  expect(() => parseIdentifier(text)).toThrow(expect.objectContaining({ code: 'undecodable' }));
});

test('either form of an identifier is read', () => {
  const made = fc.bigInt({ min: 10n ** 13n, max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(made, (id) => {
      expect([readIdentifier(id.toString()), readIdentifier(identifierText(id))]).toEqual([id, id]);
    }),
  );
  // Thirteen digits are a text, which may well have no letters.
  expect(readIdentifier('0000000000010')).toBe(32n);
  expect(readIdentifier('1000000000000')).toBe(parseIdentifier('1000000000000'));
});

test.each(['', '0', '-1', '1.5', '9999999999999999999', '9223372036854775808', '0NQNKT734QD9U'])(
  'reads no identifier from "%s"',
  (text) => {
    expect(() => readIdentifier(text)).toThrow(expect.objectContaining({ code: 'undecodable' }));
  },
);

test.each([-1n, 2n ** 63n])('%d has no text', (id) => {
  expect(() => identifierText(id)).toThrow(expect.objectContaining({ code: 'defect' }));
});
