// When the jobs of accounting run by themselves: in the morning, when the other programs have written the day before.
import { defineSchedule } from '../../src/runtime/schedules/schedule.ts';
import { previousSeoulDay } from '../shared/seoulTime.ts';

/** The running totals up to the day before; of mornings that were missed the latest tells what the others would have. */
export const cumulativeReportSchedule = defineSchedule({
  name: 'accounting.cumulativeReport',
  job: 'accounting.cumulativeReport',
  profile: 'accounting',
  cron: '0 8 * * *',
  misfire: 'runOnce',
  maxAgeMs: Infinity,
  overlap: 'wait',
  keyOf: previousSeoulDay,
});
