import { addMonths, dayOf, periodOf, previousPeriod, type Period } from '../../pipelines/shared/period.ts';

/** The days of the month that the demo bills. */
export interface DemoMonth {
  /** The month of the bills: the one that today is in. */
  readonly billing: Period;
  /** The month of their usage: the one before. */
  readonly usage: Period;
  readonly next: Period;
  /** The days on which bills are dispatched. */
  readonly dispatchDays: readonly string[];
}

export function demoMonth(today: string): DemoMonth {
  const billing = periodOf(today);
  return { billing, usage: previousPeriod(billing), next: addMonths(billing, 1), dispatchDays: [15, 21].map((day) => dayOf(billing, day)) };
}
