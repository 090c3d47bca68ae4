import { WeirError } from '../../src/errors.ts';
import { addMonths, firstDay, parsePeriod, previousPeriod, type Period } from '../shared/period.ts';
import type { PeriodStore } from './periodStore.ts';
import { seoulInstant } from '../shared/seoulTime.ts';
import type { SettleOptions } from './settleOptions.ts';
import { buckets } from './settleStore.ts';

/** The run of a billing month bills the usage of the month before. */
export interface SettleKey {
  readonly billingMonth: Period;
  readonly usageMonth: Period;
}

/** Reads the key of a settlement: a billing month. `invalidKey` for anything else. */
export function parseSettleKey(text: string): SettleKey {
  return { billingMonth: parsePeriod(text), usageMonth: previousPeriod(parsePeriod(text)) };
}

/** Refuses with `invalidKey` a month that has not ended: billing it would close it. */
export function requireEnded({ billingMonth, usageMonth }: SettleKey, now: Date): void {
  if (now >= seoulInstant(firstDay(billingMonth))) return;
  throw new WeirError('invalidKey', `${usageMonth} has not ended in Seoul: billing ${billingMonth} now would close it.`);
}

/**
 * Refuses with `notFound` a month without usage: its run would complete, and what is loaded later could never be billed under its
 * key.
 */
export async function requireUsage(periods: PeriodStore, { billingMonth, usageMonth }: SettleKey): Promise<void> {
  const months = await periods.monthsWithUsage();
  if (months.includes(usageMonth)) return;
  throw new WeirError(
    'notFound',
    `billing.settle:${billingMonth} bills the usage of ${usageMonth}, and there is none; ` +
      `there is usage of ${months.slice(-6).join(', ') || 'no month'}. The month stays open: load its usage, then run this key again.`,
  );
}

/** Makes the months, so that usage always has an open period, then closes the month that is billed. Repeatable. */
export async function closeUsage(periods: PeriodStore, { usageMonth }: SettleKey, now: Date, options: SettleOptions): Promise<void> {
  await periods.provideMonths(Array.from({ length: options.monthsAhead + 2 }, (_, index) => addMonths(usageMonth, index)));
  await periods.closeMonth(usageMonth, now);
  await periods.analyzeUsage(usageMonth);
}

/** A partition of the settlement. */
export interface BucketPlan {
  readonly name: string;
  /** The bucket. */
  readonly input: number;
  /** Its members. */
  readonly total: number;
}

/** A partition for each bucket, with the number of its members. */
export function planBuckets(members: ReadonlyMap<number, number>): readonly BucketPlan[] {
  return buckets.map((bucket) => ({ name: `members ${bucket + 1} of ${buckets.length}`, input: bucket, total: members.get(bucket) ?? 0 }));
}
