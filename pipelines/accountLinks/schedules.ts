// When the job of account links runs by itself: every two minutes.
import { defineSweep } from '../../src/runtime/schedules/defineSweep.ts';
import { seoulMinute } from '../shared/seoulTime.ts';

/** Links that wait for the bank's word are tried again. */
export const retryFailedSchedule = defineSweep({
  job: 'accountLinks.retryFailed',
  profile: 'streams',
  cron: '*/2 * * * *',
  keyOf: seoulMinute,
});
