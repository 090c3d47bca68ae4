import { WeirError } from '../../src/errors.ts';
import type { DueMonth } from './dispatchStore.ts';

/** Refuses with `incomplete` to send bills whose settlement has not completed: it may still take them back. */
export function requireSettled(months: readonly DueMonth[], day: string): void {
  const unsettled = months.filter(({ isUnsettled }) => isUnsettled).map(({ billingDate }) => `billing.settle:${billingDate.slice(0, 7)}`);
  if (unsettled.length === 0) return;
  throw new WeirError(
    'incomplete',
    `${unsettled.join(', ')} has not completed: its bills may still change. When it has, run billing.dispatch:${day} again.`,
  );
}
