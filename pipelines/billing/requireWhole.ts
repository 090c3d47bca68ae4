import { WeirError } from '../../src/errors.ts';
import type { Period } from '../shared/period.ts';
import { weightModulus, type Examples, type SettledMonthStore, type SettlementRun, type SettlementTotals } from './settledMonthStore.ts';

/**
 * Every line of the month's usage is on the bill of its member, or its member was put aside; and every bill is the sum of its
 * lines. Otherwise bills that are wrong are taken back and `incomplete` says what is missing: transient where billing again those
 * without a bill puts it right, permanent where it does not.
 */
export async function requireWhole(settled: SettledMonthStore, month: Period, run: SettlementRun): Promise<void> {
  const totals = await settled.totals(month, run);
  if (isWhole(totals)) return;
  const { takenBack, left } = await settled.takeBack(month);
  const unbilled = await settled.unbilled(month, run);
  const { usage, billed, skipped } = totals;
  const text = [
    `The usage of ${month} is ${usage.lines} lines of ${usage.minor}; on bills are ${billed.lines} of ${billed.minor}, ` +
      `put aside ${skipped.lines} of ${skipped.minor}`,
    told(takenBack, 'had a bill that was not their usage, which was taken back'),
    told(left, 'have one that is being sent already: mend their usage to what it says, or bill them by hand'),
    told(unbilled, 'have neither bill nor skip'),
  ];
  const kind = left.count === 0 ? 'transient' : 'permanent';
  throw new WeirError('incomplete', `${text.filter((part) => part !== '').join('; ')}.`, { kind });
}

/** By weighted sums: plain ones would let what one member lacks and another has too much of cancel. */
function isWhole({ usage, billed, skipped, bills }: SettlementTotals): boolean {
  return (
    usage.lines === billed.lines + skipped.lines &&
    isEqual(usage.byMember, bills.byMember + skipped.byMember) &&
    isEqual(billed.byBill, bills.byBill)
  );
}

function isEqual(one: bigint, other: bigint): boolean {
  return (one - other) % weightModulus === 0n;
}

function told({ count, publicInfoIds }: Examples, what: string): string {
  return count === 0 ? '' : `${count} members (${publicInfoIds.join(', ')}${count > publicInfoIds.length ? ', …' : ''}) ${what}`;
}
