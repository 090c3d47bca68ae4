import fc from 'fast-check';
import { expect, test } from 'vitest';
import { calculateBill, largestGrossMinor, type MemberUsage } from '../../../pipelines/billing/bill.ts';
import { writeDetails } from '../../../pipelines/billing/billingDetails.ts';
import { sum } from '../../../pipelines/shared/money.ts';
import { aMember } from './support/aMember.ts';

test("October's usage is billed on the first of November and sent on the member's day", () => {
  expect(calculateBill(aMember({ sendDay: 21 }), '2026-10')).toEqual({
    publicInfoId: 1_001n,
    billingDate: '2026-11-01',
    sendOn: '2026-11-21',
    usageId: 9_005n,
    feeMinor: 50_000n,
    details: { discounts: [], totalDiscountMinor: 0n, finalAmountMinor: 50_000n },
  });
});

test("December's usage is billed in January", () => {
  expect(calculateBill(aMember(), '2026-12')).toMatchObject({ billingDate: '2027-01-01', sendOn: '2027-01-15' });
});

test('the details list what was taken off', () => {
  const bill = calculateBill(aMember({ contractMonths: 12, familyLines: 3 }), '2026-10');
  expect(bill.feeMinor).toBe(41_000n);
  expect(JSON.parse(writeDetails(bill.details))).toEqual({
    discounts: [
      { type: 'CONTRACT', amount: 5_000, description: '12개월 약정 할인 10%' },
      { type: 'FAMILY', amount: 4_000, description: '가족 결합 할인 (3회선)' },
    ],
    totalDiscount: 9_000,
    finalAmount: 41_000,
  });
});

test('usage that costs nothing makes a bill of nothing', () => {
  expect(calculateBill(aMember({ grossMinor: 0n, lowestLineMinor: 0n, contractMonths: 36 }), '2026-10').feeMinor).toBe(0n);
});

test.each<[string, Partial<MemberUsage>]>([
  ['no usage', { lineCount: 0, grossMinor: 0n }],
  ['a negative line', { lowestLineMinor: -1n }],
  ['a negative sum', { grossMinor: -1n }],
  ['a sum nobody believes', { grossMinor: largestGrossMinor + 1n }],
  ['another send day', { sendDay: 31 }],
])('%s is refused, with the member named', (_, changes) => {
  expect(() => calculateBill(aMember(changes), '2026-10')).toThrow(
    expect.objectContaining({ code: 'constraint', kind: 'permanent', message: expect.stringContaining('1001') as string }),
  );
});

test('gross = discounts + fee, the fee is never negative, and the details say the same', () => {
  const member = fc
    .record({
      grossMinor: fc.bigInt({ min: 0n, max: largestGrossMinor }),
      contractMonths: fc.constantFrom(0, 12, 24, 36),
      birthDate: fc.option(fc.constantFrom('1990-10-10', '1985-05-31')),
      addonGrade: fc.integer({ min: 0, max: 3 }),
      joinedDate: fc.constantFrom('2010-03-01', '2020-02-29', '2024-09-30'),
      familyLines: fc.integer({ min: 0, max: 9 }),
    })
    .map(aMember);
  fc.assert(
    fc.property(member, (subject) => {
      const bill = calculateBill(subject, '2026-10');
      const details = bill.details;
      expect(bill.feeMinor).toBeGreaterThanOrEqual(0n);
      expect(details.finalAmountMinor).toBe(bill.feeMinor);
      expect(details.totalDiscountMinor).toBe(sum(details.discounts.map((discount) => discount.amountMinor)));
      expect(details.totalDiscountMinor + bill.feeMinor).toBe(subject.grossMinor);
    }),
  );
});
