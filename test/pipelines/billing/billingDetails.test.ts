import { expect, test } from 'vitest';
import { detailsOf, readDetails, writeDetails } from '../../../pipelines/billing/billingDetails.ts';

const discounts = [
  { type: 'CONTRACT', amountMinor: 5_000n, description: '12개월 약정 할인 10%' },
  { type: 'FAMILY', amountMinor: 2_000n, description: '가족 결합 할인 (2회선)' },
] as const;

test('what is written reads back', () => {
  const details = detailsOf(50_000n, discounts);
  expect(details).toEqual({ discounts, totalDiscountMinor: 7_000n, finalAmountMinor: 43_000n });
  expect(readDetails(JSON.parse(writeDetails(details)))).toEqual(details);
});

test('fields that a later version adds do not hinder reading', () => {
  expect(readDetails({ discounts: [], totalDiscount: 0, finalAmount: 5, note: 'x' }).finalAmountMinor).toBe(5n);
});

test.each([
  null,
  {},
  { discounts: [], totalDiscount: 0 },
  { discounts: [], totalDiscount: 0, finalAmount: -1 },
  { discounts: [], totalDiscount: 0, finalAmount: 1.5 },
  { discounts: [{ type: 'OTHER', amount: 1, description: '' }], totalDiscount: 1, finalAmount: 1 },
])('refuses %j', (column) => {
  expect(() => readDetails(column)).toThrow(expect.objectContaining({ code: 'undecodable' }));
});

test('the error names the field and what was expected, in one line', () => {
  const text = 'billing_details has another shape: finalAmount: expected number to be >=0';
  expect(() => readDetails({ discounts: [], totalDiscount: 0, finalAmount: -1 })).toThrow(expect.objectContaining({ message: text }));
});
