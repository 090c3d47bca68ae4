import { addMonths, dayOf, periodOf, previousPeriod, type Period } from '../../pipelines/shared/period.ts';

/** The days of a month that is billed. */
export interface DemoMonth {
  /** The month of the bills. */
  readonly billing: Period;
  /** The month of their usage: the one before. */
  readonly usage: Period;
  readonly next: Period;
  /** The days on which bills are dispatched. */
  readonly dispatchDays: readonly string[];
}

/** The last month, on a day (`YYYY-MM-DD`), whose both days of dispatch have come. */
export function latestMonth(today: string): DemoMonth {
  return monthOf(today >= dayOf(periodOf(today), 21) ? periodOf(today) : previousPeriod(periodOf(today)));
}

/** The first month that is still to come on a day (`YYYY-MM-DD`). */
export function comingMonth(today: string): DemoMonth {
  return monthOf(addMonths(periodOf(today), 1));
}

function monthOf(billing: Period): DemoMonth {
  return { billing, usage: previousPeriod(billing), next: addMonths(billing, 1), dispatchDays: [15, 21].map((day) => dayOf(billing, day)) };
}
