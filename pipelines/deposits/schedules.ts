// When the nights of deposits run by themselves, on Seoul's clock. Each that was missed is made up for, the oldest first.
import { defineSchedule } from '../../src/runtime/schedules/schedule.ts';
import { seoulDay } from '../shared/seoulTime.ts';

/** What is due on the day that begins moves its balances. */
export const settleSchedule = defineSchedule({
  name: 'deposits.settle',
  job: 'deposits.settle',
  profile: 'deposits',
  cron: '0 0 * * *',
  misfire: 'runAll',
  maxAgeMs: Infinity,
  overlap: 'wait',
  keyOf: seoulDay,
});
