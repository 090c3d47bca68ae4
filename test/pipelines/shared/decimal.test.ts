import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalText, difference, groupDecimal, parseDecimal, unitsAt } from '../../../pipelines/shared/decimal.ts';

const digits = fc.stringMatching(/^(0|[1-9]\d{0,40})$/);
const fraction = fc.stringMatching(/^(\.\d{1,20})?$/);
/** As PostgreSQL writes numbers: no sign before a zero. */
const text = fc
  .tuple(fc.boolean(), digits, fraction)
  .map(([isNegative, whole, rest]) => `${isNegative && /[1-9]/.test(whole + rest) ? '-' : ''}${whole}${rest}`);

test('a decimal is written as it was read, its last zeros too', () => {
  fc.assert(
    fc.property(text, (written) => {
      expect(decimalText(parseDecimal(written))).toBe(written);
    }),
  );
});

test('grouping changes no digit, and stands between threes of the whole ones', () => {
  fc.assert(
    fc.property(text, (written) => {
      const grouped = groupDecimal(parseDecimal(written));
      expect(grouped.replaceAll(',', '')).toBe(written);
      expect(grouped).toMatch(/^-?\d{1,3}(,\d{3})*(\.\d+)?$/);
    }),
  );
});

test('a difference is what is added to the other to get the one', () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [a, b] = [parseDecimal(one), parseDecimal(other)];
      const apart = difference(a, b);
      expect(unitsAt(b, apart.scale) + apart.units).toBe(unitsAt(a, apart.scale));
    }),
  );
});

test.each([
  ['-0.05', '-0.05'],
  ['-1234567.50', '-1,234,567.50'],
  ['999', '999'],
  ['12345678901234567890123', '12,345,678,901,234,567,890,123'],
])('%s is shown as %s', (written, shown) => {
  expect(groupDecimal(parseDecimal(written))).toBe(shown);
});

test.each(['', '.5', '5.', '1e5', '+1', ' 1', '1,000', 'NaN', 'Infinity', '--1', '1.2.3'])('%j is no decimal', (written) => {
  expect(() => parseDecimal(written)).toThrow(expect.objectContaining({ code: 'undecodable' }) as Error);
});
