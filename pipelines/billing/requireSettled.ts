import { WeirError } from '../../src/errors.ts';
import type { DueStretch } from './dispatchStore.ts';

/** Refuses with `incomplete` to send bills whose settlement has not completed: it may still take them back. */
export function requireSettled(stretches: readonly DueStretch[], day: string): void {
  const months = stretches.filter(({ isUnsettled }) => isUnsettled).map(({ billingDate }) => billingDate.slice(0, 7));
  const unsettled = [...new Set(months)].map((month) => `billing.settle:${month}`);
  if (unsettled.length === 0) return;
  throw new WeirError(
    'incomplete',
    `${unsettled.join(', ')} has not completed: its bills may still change. When it has, run billing.dispatch:${day} again.`,
  );
}
