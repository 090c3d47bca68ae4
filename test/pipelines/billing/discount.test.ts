import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addonDiscount,
  birthdayDiscount,
  contractDiscount,
  discountRules,
  familyDiscount,
  giveDiscounts,
  loyaltyDiscount,
} from '../../../pipelines/billing/discount.ts';
import { sum } from '../../../pipelines/shared/money.ts';
import { aMember } from './support/aMember.ts';

const base = { grossMinor: 50_000n, remainingMinor: 30_000n };

test.each([
  [0, undefined],
  [6, undefined],
  [12, 5_000n],
  [24, 7_500n],
  [36, 10_000n],
  [48, undefined],
])('a contract of %i months earns %s of 50,000 gross', (contractMonths, amountMinor) => {
  expect(contractDiscount(aMember({ contractMonths }), '2026-10', base)?.amountMinor).toBe(amountMinor);
});

test.each([
  ['1990-10-01', '2026-10', 5_000n],
  ['1990-10-31', '2026-10', 5_000n],
  ['1990-09-30', '2026-10', undefined],
  ['1990-11-01', '2026-10', undefined],
  ['2000-02-29', '2026-02', 5_000n],
  ['2000-02-29', '2026-03', undefined],
  ['2026-10-12', '2026-10', 5_000n],
  [null, '2026-10', undefined],
] as const)('born on %s, usage of %s: %s', (birthDate, month, amountMinor) => {
  expect(birthdayDiscount(aMember({ birthDate }), month)?.amountMinor).toBe(amountMinor);
});

test.each([
  [-1, undefined],
  [0, undefined],
  [1, 1_000n],
  [2, 3_000n],
  [3, 5_000n],
  [4, undefined],
])('add-ons of grade %i earn %s', (addonGrade, amountMinor) => {
  expect(addonDiscount(aMember({ addonGrade }))?.amountMinor).toBe(amountMinor);
});

test.each([
  ['2024-10-02', undefined],
  ['2024-10-01', 300n],
  ['2021-10-02', 300n],
  ['2021-10-01', 900n],
  ['2016-10-02', 900n],
  ['2016-10-01', 1_500n],
  ['1990-01-01', 1_500n],
  ['2027-01-01', undefined],
])('a member since %s earns %s of the 30,000 that remain in October 2026', (joinedDate, amountMinor) => {
  expect(loyaltyDiscount(aMember({ joinedDate }), '2026-10', base)?.amountMinor).toBe(amountMinor);
});

test('two full years of a member who joined on a leap day end on the first of March', () => {
  const subject = aMember({ joinedDate: '2024-02-29' });
  expect(loyaltyDiscount(subject, '2026-02', base)).toBeUndefined();
  expect(loyaltyDiscount(subject, '2026-03', base)?.amountMinor).toBe(300n);
});

test.each([
  [-3, undefined],
  [0, undefined],
  [1, undefined],
  [2, 2_000n],
  [4, 6_000n],
  [5, 8_000n],
  [6, 8_000n],
  [100, 8_000n],
])('a family of %i lines earns %s', (familyLines, amountMinor) => {
  expect(familyDiscount(aMember({ familyLines }))?.amountMinor).toBe(amountMinor);
});

describe('together', () => {
  const everything = aMember({ contractMonths: 24, birthDate: '1990-10-10', addonGrade: 3, joinedDate: '2010-01-01', familyLines: 9 });

  function amounts(grossMinor: bigint): readonly string[] {
    return giveDiscounts(everything, '2026-10', grossMinor).map(({ type, amountMinor }) => `${type} ${amountMinor}`);
  }

  test('they are given in their order, the percentage of loyalty of what remains', () => {
    expect(amounts(50_000n)).toEqual(['CONTRACT 7500', 'BIRTHDAY 5000', 'ADDON_GRADE 5000', 'LOYALTY 1625', 'FAMILY 8000']);
  });

  test('each is cut to what remains, and left out when nothing does', () => {
    expect(amounts(5_000n)).toEqual(['CONTRACT 750', 'BIRTHDAY 4250']);
    expect(amounts(10_000n)).toEqual(['CONTRACT 1500', 'BIRTHDAY 5000', 'ADDON_GRADE 3500']);
    expect(amounts(20_000n)).toEqual(['CONTRACT 3000', 'BIRTHDAY 5000', 'ADDON_GRADE 5000', 'LOYALTY 350', 'FAMILY 6650']);
  });

  test('percentages that round down to nothing are left out', () => {
    expect(amounts(6n)).toEqual(['BIRTHDAY 6']);
    expect(giveDiscounts(aMember({ contractMonths: 12 }), '2026-10', 9n)).toEqual([]);
  });

  test('nothing is given on nothing', () => {
    expect(amounts(0n)).toEqual([]);
  });
});

const subject = fc
  .record({
    contractMonths: fc.constantFrom(0, 12, 24, 36),
    birthDate: fc.option(fc.constantFrom('1990-10-10', '2000-02-29', '1985-05-31')),
    addonGrade: fc.integer({ min: 0, max: 3 }),
    joinedDate: fc.constantFrom('2010-03-01', '2020-02-29', '2024-09-30', '2026-09-01'),
    familyLines: fc.integer({ min: 0, max: 9 }),
  })
  .map(aMember);
const gross = fc.oneof(fc.bigInt({ min: 0n, max: 30_000n }), fc.bigInt({ min: 0n, max: 10n ** 9n }));

test('discounts are never zero, never more than the gross together, and each at most once in the order of the rules', () => {
  fc.assert(
    fc.property(subject, fc.constantFrom('2026-10', '2026-02', '2028-02'), gross, (member, month, grossMinor) => {
      const given = giveDiscounts(member, month, grossMinor);
      expect(given.every((discount) => discount.amountMinor > 0n)).toBe(true);
      expect(sum(given.map((discount) => discount.amountMinor))).toBeLessThanOrEqual(grossMinor);
      const order = ['CONTRACT', 'BIRTHDAY', 'ADDON_GRADE', 'LOYALTY', 'FAMILY'];
      const places = given.map((discount) => order.indexOf(discount.type));
      expect(places).toEqual([...new Set(places)].toSorted((one, other) => one - other));
    }),
  );
});

test('each discount is what its rule offers on what the ones before it left, cut to that', () => {
  fc.assert(
    fc.property(subject, gross, (member, grossMinor) => {
      const given = giveDiscounts(member, '2026-10', grossMinor);
      let remainingMinor = grossMinor;
      for (const rule of discountRules) {
        const offer = rule(member, '2026-10', { grossMinor, remainingMinor })?.amountMinor ?? 0n;
        const expected = offer < remainingMinor ? offer : remainingMinor;
        const type = rule(member, '2026-10', { grossMinor, remainingMinor })?.type;
        expect(given.find((discount) => discount.type === type)?.amountMinor ?? 0n).toBe(expected);
        remainingMinor -= expected;
      }
    }),
  );
});

test('descriptions need no escaping in JSON', () => {
  fc.assert(
    fc.property(subject, gross, (member, grossMinor) => {
      for (const { description } of giveDiscounts(member, '2026-10', grossMinor))
        expect(JSON.stringify(description)).toBe(`"${description}"`);
    }),
  );
});
