// When the jobs of payments run by themselves: every minute, since buyers wait. A run does what all that were missed would have done.
import { defineSchedule, type Schedule } from '../../src/runtime/schedules/schedule.ts';
import { seoulMinute } from '../shared/seoulTime.ts';

/** What waits for a gateway's word is asked about. */
export const reconcileSchedule = everyMinute('payments.reconcile');

/** What has to be given back is asked for. */
export const refundSchedule = everyMinute('payments.refund');

/** What people are to be told is sent. */
export const sendNoticesSchedule = everyMinute('payments.sendNotices');

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
