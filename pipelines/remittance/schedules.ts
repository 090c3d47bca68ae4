// When the jobs of remittance run by themselves: every minute, since money waits. A run does what all that were missed would have done.
import { defineSchedule, type Schedule } from '../../src/runtime/schedules/schedule.ts';
import { seoulMinute } from '../shared/seoulTime.ts';

/** Money that came in is booked. */
export const retryDepositsSchedule = everyMinute('remittance.retryDeposits');

/** Money on the pooled account goes on its way. */
export const retryWithdrawalsSchedule = everyMinute('remittance.retryWithdrawals');

/** Banks are asked again, and what they ended is booked. */
export const retryRequestsSchedule = everyMinute('remittance.retryRequests');
/** People are told of what takes too long. */
export const watchSchedule = everyMinute('remittance.watch');

function everyMinute(job: string): Schedule {
  return defineSchedule({
    name: job,
    job,
    profile: 'remittance',
    cron: '* * * * *',
    misfire: 'runOnce',
    maxAgeMs: Infinity,
    overlap: 'skip',
    isForgettable: true,
    keyOf: seoulMinute,
  });
}
