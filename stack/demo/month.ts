import { addMonths, dayOf, periodOf, previousPeriod, type Period } from '../../pipelines/shared/period.ts';

/** The days of the month that the demo bills. */
export interface DemoMonth {
  /** The month of the bills: the last one whose both days of dispatch have come. */
  readonly billing: Period;
  /** The month of their usage: the one before. */
  readonly usage: Period;
  readonly next: Period;
  /** The days on which bills are dispatched. */
  readonly dispatchDays: readonly string[];
}

/** The month to be shown on a day (`YYYY-MM-DD`). */
export function demoMonth(today: string): DemoMonth {
  const billing = today >= dayOf(periodOf(today), 21) ? periodOf(today) : previousPeriod(periodOf(today));
  return { billing, usage: previousPeriod(billing), next: addMonths(billing, 1), dispatchDays: [15, 21].map((day) => dayOf(billing, day)) };
}
