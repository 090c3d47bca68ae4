import { z } from 'zod';
import { WeirError } from '../../src/errors.ts';
import { expectation } from '../../src/expectation.ts';
import { sum } from '../shared/money.ts';
import type { Discount, DiscountType } from './discount.ts';

/** How a fee came about: the column `billing_details`. */
export interface BillingDetails {
  readonly discounts: readonly Discount[];
  readonly totalDiscountMinor: bigint;
  /** The gross less the discounts: the fee. */
  readonly finalAmountMinor: bigint;
}

/** The details of a gross after its discounts. */
export function detailsOf(grossMinor: bigint, discounts: readonly Discount[]): BillingDetails {
  const totalDiscountMinor = sum(discounts.map((discount) => discount.amountMinor));
  return { discounts, totalDiscountMinor, finalAmountMinor: grossMinor - totalDiscountMinor };
}

/**
 * The JSON text of the column `billing_details`:
 * `{"discounts":[{"type","amount","description"}],"totalDiscount","finalAmount"}`. Other programs know this shape; amounts in it
 * are JSON integers, which jsonb keeps exactly. Written by hand, since JSON has no bigint and a million are written in a run.
 */
export function writeDetails(details: BillingDetails): string {
  let discounts = '';
  for (const { type, amountMinor, description } of details.discounts) {
    if (discounts !== '') discounts += ',';
    discounts += `{"type":"${type}","amount":${amountMinor},"description":"${description}"}`;
  }
  return `{"discounts":[${discounts}],"totalDiscount":${details.totalDiscountMinor},"finalAmount":${details.finalAmountMinor}}`;
}

const discountTypes = ['CONTRACT', 'BIRTHDAY', 'ADDON_GRADE', 'LOYALTY', 'FAMILY'] as const satisfies readonly DiscountType[];
const amount = z.int().nonnegative().transform(BigInt);
const stored = z.object({
  discounts: z.array(z.object({ type: z.enum(discountTypes), amount, description: z.string() })),
  totalDiscount: amount,
  finalAmount: amount,
});

/** Reads the column `billing_details` as the database client gives it (parsed JSON). `undecodable` for another shape. */
export function readDetails(column: unknown): BillingDetails {
  const { success, data, error } = stored.safeParse(column);
  if (!success) throw new WeirError('undecodable', `billing_details has another shape: ${expectation(error)}`);
  return {
    discounts: data.discounts.map(({ type, amount: amountMinor, description }) => ({ type, amountMinor, description })),
    totalDiscountMinor: data.totalDiscount,
    finalAmountMinor: data.finalAmount,
  };
}
