// When the jobs of billing run by themselves, on Seoul's clock. A night that was missed is made up for, in the order of the month:
// bills are settled before they are dispatched, those of the 15th before those of the 21st.
import { defineSweep } from '../../src/runtime/schedules/defineSweep.ts';
import { defineSchedule } from '../../src/runtime/schedules/schedule.ts';
import { seoulDay, seoulMinute } from '../shared/seoulTime.ts';

/** The month that has just ended is billed. */
export const settleSchedule = defineSchedule({
  name: 'billing.settle',
  job: 'billing.settle',
  profile: 'billing-batch',
  cron: '0 0 1 * *',
  misfire: 'runAll',
  maxAgeMs: Infinity,
  overlap: 'wait',
  keyOf: (fireAt) => seoulDay(fireAt).slice(0, 'YYYY-MM'.length),
});

/** Bills go out on the days that members have chosen. */
export const dispatchSchedule = defineSchedule({
  name: 'billing.dispatch',
  job: 'billing.dispatch',
  profile: 'producer',
  cron: '0 0 15,21 * *',
  misfire: 'runAll',
  maxAgeMs: Infinity,
  overlap: 'wait',
  after: ['billing.settle'],
  keyOf: seoulDay,
});

/** What waited, got lost or was left behind is published again. */
export const redispatchSchedule = defineSweep({
  job: 'billing.redispatch',
  profile: 'producer',
  cron: '*/5 * * * *',
  keyOf: seoulMinute,
});
