import { percentOf, smaller } from '../shared/money.ts';
import { fullYears } from '../shared/fullYears.ts';
import { firstDay, type Period } from '../shared/period.ts';

export type DiscountType = 'CONTRACT' | 'BIRTHDAY' | 'ADDON_GRADE' | 'LOYALTY' | 'FAMILY';

/** A discount that was given; never zero. */
export interface Discount {
  readonly type: DiscountType;
  readonly amountMinor: bigint;
  /** What the member reads beside it; needs no escaping in JSON. */
  readonly description: string;
}

/** What the discounts look at in a member. */
export interface DiscountSubject {
  /** Term of the contract; 12, 24 and 36 earn a discount, anything else (0: no contract) none. */
  readonly contractMonths: number;
  /** `YYYY-MM-DD`; null when it is not known. */
  readonly birthDate: string | null;
  /** Grade of the add-ons; 1, 2 and 3 earn a discount. */
  readonly addonGrade: number;
  /** First day as a member, `YYYY-MM-DD`. */
  readonly joinedDate: string;
  /** Lines of the family, the first included. */
  readonly familyLines: number;
}

/** The amounts that a discount is reckoned from. */
export interface DiscountBase {
  /** The month's usage before any discount. */
  readonly grossMinor: bigint;
  /** What the discounts before this one left. */
  readonly remainingMinor: bigint;
}

type DiscountRule = (subject: DiscountSubject, month: Period, base: DiscountBase) => Discount | undefined;

const contractPercents = new Map([
  [12, 10n],
  [24, 15n],
  [36, 20n],
]);

/** A term of 12, 24 or 36 months: 10, 15 or 20 % of the gross. */
export function contractDiscount(subject: DiscountSubject, _month: Period, { grossMinor }: DiscountBase): Discount | undefined {
  const percent = contractPercents.get(subject.contractMonths);
  if (percent === undefined) return undefined;
  return {
    type: 'CONTRACT',
    amountMinor: percentOf(grossMinor, percent),
    description: `${subject.contractMonths}개월 약정 할인 ${percent}%`,
  };
}

/** Born in the month of usage: 5,000. */
export function birthdayDiscount(subject: DiscountSubject, month: Period): Discount | undefined {
  if (subject.birthDate?.slice(5, 7) !== month.slice(5)) return undefined;
  return { type: 'BIRTHDAY', amountMinor: 5_000n, description: '생일 축하 할인' };
}

const addonAmounts = new Map([
  [1, 1_000n],
  [2, 3_000n],
  [3, 5_000n],
]);

/** Add-ons of grade 1, 2 or 3: 1,000, 3,000 or 5,000. */
export function addonDiscount(subject: DiscountSubject): Discount | undefined {
  const amountMinor = addonAmounts.get(subject.addonGrade);
  if (amountMinor === undefined) return undefined;
  return { type: 'ADDON_GRADE', amountMinor, description: `부가서비스 ${subject.addonGrade}등급 할인` };
}

const loyaltySteps = [
  { years: 10, percent: 5n },
  { years: 5, percent: 3n },
  { years: 2, percent: 1n },
] as const;

/** A member for 2, 5 or 10 full years on the first of the month of usage: 1, 3 or 5 % of what remains. */
export function loyaltyDiscount(subject: DiscountSubject, month: Period, { remainingMinor }: DiscountBase): Discount | undefined {
  const years = fullYears(subject.joinedDate, firstDay(month));
  const step = loyaltySteps.find((candidate) => years >= candidate.years);
  if (step === undefined) return undefined;
  const description = `${step.years}년 이상 장기 고객 할인 ${step.percent}%`;
  return { type: 'LOYALTY', amountMinor: percentOf(remainingMinor, step.percent), description };
}

/** 2,000 for each line of the family beyond the first, 8,000 at most. */
export function familyDiscount(subject: DiscountSubject): Discount | undefined {
  const paid = Math.min(subject.familyLines - 1, 4);
  if (paid < 1) return undefined;
  return { type: 'FAMILY', amountMinor: BigInt(paid) * 2_000n, description: `가족 결합 할인 (${subject.familyLines}회선)` };
}

/** The discounts in the order in which they are given. */
export const discountRules: readonly DiscountRule[] = [contractDiscount, birthdayDiscount, addonDiscount, loyaltyDiscount, familyDiscount];

/**
 * Gives a member's discounts on the usage of a month: in the order of `discountRules`, each cut to what the ones before it
 * left, and left out when nothing is left. Their sum is never more than the gross.
 */
export function giveDiscounts(subject: DiscountSubject, month: Period, grossMinor: bigint): readonly Discount[] {
  const given: Discount[] = [];
  let remainingMinor = grossMinor;
  for (const rule of discountRules) {
    const offer = rule(subject, month, { grossMinor, remainingMinor });
    if (offer === undefined) continue;
    const amountMinor = smaller(offer.amountMinor, remainingMinor);
    if (amountMinor === 0n) continue;
    given.push(amountMinor === offer.amountMinor ? offer : { ...offer, amountMinor });
    remainingMinor -= amountMinor;
  }
  return given;
}
