import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatWon,
  formatWonSign,
  groupThousands,
  largestAmountMinor,
  parseMoney,
  percentOf,
  smaller,
  sum,
} from '../../../pipelines/shared/money.ts';

test('won are grouped by thousands', () => {
  expect(formatWon(0n)).toBe('0원');
  expect(formatWon(999n)).toBe('999원');
  expect(formatWon(12_340n)).toBe('12,340원');
  expect(formatWon(1_234_567n)).toBe('1,234,567원');
  expect(formatWon(-500n)).toBe('−500원');
  expect(formatWonSign(12_340n)).toBe('₩12,340');
  expect(formatWonSign(-12_340n)).toBe('−₩12,340');
});

test('grouping changes no digit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (amount) => {
      expect(BigInt(groupThousands(amount).replaceAll(',', ''))).toBe(amount);
      expect(groupThousands(amount)).toMatch(/^\d{1,3}(,\d{3})*$/);
    }),
  );
});

test('a percentage is rounded down', () => {
  expect(percentOf(99n, 1n)).toBe(0n);
  expect(percentOf(100n, 1n)).toBe(1n);
  expect(percentOf(199n, 15n)).toBe(29n);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: largestAmountMinor }), fc.bigInt({ min: 0n, max: 100n }), (amount, percent) => {
      const share = percentOf(amount, percent);
      expect(share * 100n).toBeLessThanOrEqual(amount * percent);
      expect((share + 1n) * 100n).toBeGreaterThan(amount * percent);
    }),
  );
});

test('sums are exact where doubles are not', () => {
  expect(sum([])).toBe(0n);
  expect(sum([2n ** 53n, 1n, 1n])).toBe(2n ** 53n + 2n);
  expect(smaller(2n, 3n)).toBe(2n);
  expect(smaller(3n, 2n)).toBe(2n);
});

test.each([
  ['0', 0, 0n],
  ['12340', 0, 12_340n],
  ['12.34', 2, 1_234n],
  ['12.3', 2, 1_230n],
  ['12', 2, 1_200n],
  ['0.01', 2, 1n],
  ['9000000000000000', 0, largestAmountMinor],
])('reads %s with %i decimals', (text, decimals, expected) => {
  expect(parseMoney(text, decimals)).toBe(expected);
});

test.each([
  '',
  '-1',
  '+1',
  '1e3',
  'NaN',
  'Infinity',
  '01',
  '1.',
  '.5',
  '1.0',
  ' 1',
  '1 ',
  '1,000',
  '0x10',
  '１２',
  '9000000000000001',
  '9'.repeat(40),
])('refuses "%s" as won', (text) => {
  expect(() => parseMoney(text)).toThrow(expect.objectContaining({ code: 'undecodable' }));
});

test('refuses more decimals than the currency has', () => {
  expect(() => parseMoney('1.234', 2)).toThrow(expect.objectContaining({ code: 'undecodable' }));
});
