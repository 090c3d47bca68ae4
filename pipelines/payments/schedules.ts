// When the jobs of payments run by themselves: every minute, since buyers wait.
// The report of a day follows it at midnight in Seoul, and days that were missed are made up for, the oldest first.
import { defineSchedule } from '../../src/runtime/schedules/schedule.ts';
import { defineSweep } from '../../src/runtime/schedules/defineSweep.ts';
import { previousSeoulDay, seoulMinute } from '../shared/seoulTime.ts';

const everyMinute = { profile: 'payments', cron: '* * * * *', keyOf: seoulMinute } as const;

/** What waits for a gateway's word is asked about. */
export const reconcileSchedule = defineSweep({ ...everyMinute, job: 'payments.reconcile' });

/** What has to be given back is asked for. */
export const refundSchedule = defineSweep({ ...everyMinute, job: 'payments.refund' });

/** What people are to be told is sent. */
export const sendNoticesSchedule = defineSweep({ ...everyMinute, job: 'payments.sendNotices' });

/** The day that has just ended is reported. */
export const dailyReportSchedule = defineSchedule({
  name: 'payments.dailyReport',
  job: 'payments.dailyReport',
  profile: 'payments',
  cron: '0 0 * * *',
  misfire: 'runAll',
  maxAgeMs: Infinity,
  overlap: 'wait',
  keyOf: previousSeoulDay,
});
