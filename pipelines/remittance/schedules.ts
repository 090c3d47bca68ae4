// When the jobs of remittance run by themselves: every minute, since money waits.
import { defineSweep } from '../../src/runtime/schedules/defineSweep.ts';
import { seoulMinute } from '../shared/seoulTime.ts';

const everyMinute = { profile: 'remittance', cron: '* * * * *', keyOf: seoulMinute } as const;

/** Money that came in is booked. */
export const retryDepositsSchedule = defineSweep({ ...everyMinute, job: 'remittance.retryDeposits' });

/** Money on the pooled account goes on its way. */
export const retryWithdrawalsSchedule = defineSweep({ ...everyMinute, job: 'remittance.retryWithdrawals' });

/** Banks are asked again, and what they ended is booked. */
export const retryRequestsSchedule = defineSweep({ ...everyMinute, job: 'remittance.retryRequests' });

/** People are told of what takes too long. */
export const watchSchedule = defineSweep({ ...everyMinute, job: 'remittance.watch' });
