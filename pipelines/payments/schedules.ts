// When the jobs of payments run by themselves: every minute, since buyers wait; a run does what all that were missed would have done.
// The report of a day follows it at midnight in Seoul, and days that were missed are made up for, the oldest first.
import { defineSchedule, type Schedule } from '../../src/runtime/schedules/schedule.ts';
import { seoulDay, seoulMinute } from '../shared/seoulTime.ts';

/** What waits for a gateway's word is asked about. */
export const reconcileSchedule = everyMinute('payments.reconcile');

/** What has to be given back is asked for. */
export const refundSchedule = everyMinute('payments.refund');

/** What people are to be told is sent. */
export const sendNoticesSchedule = everyMinute('payments.sendNotices');
/** The day that has just ended is reported. */
export const dailyReportSchedule = defineSchedule({
  name: 'payments.dailyReport',
  job: 'payments.dailyReport',
  profile: 'payments',
  cron: '0 0 * * *',
  misfire: 'runAll',
  maxAgeMs: Infinity,
  overlap: 'wait',
  keyOf: (fireAt) => seoulDay(new Date(fireAt.getTime() - 86_400_000)),
});

function everyMinute(job: string): Schedule {
  return defineSchedule({
    name: job,
    job,
    profile: 'payments',
    cron: '* * * * *',
    misfire: 'runOnce',
    maxAgeMs: Infinity,
    overlap: 'skip',
    isForgettable: true,
    keyOf: seoulMinute,
  });
}
