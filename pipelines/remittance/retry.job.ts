// Enters: what its table of failures says is due, and what nobody has worked on since its message counts as lost. Leaves: their messages,
// by the outbox, for the pipelines that do the steps.
// Guarantee: nothing waits that is neither under way nor parked with its reason; a step is done once, however often it is published.
// Put aside: none; what was worked on meanwhile is skipped.
import { defineJob, type Job, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import { retryOptions } from './retryOptions.ts';
import type { Stuck, StuckStore } from './stuckStore.ts';
import type { StuckStep } from './stuckText.ts';

export interface RetryRemittancesPorts {
  readonly stuck: StuckStore;
}

/** Transaction 1: money that came in and is not in the ledger. */
export const retryDeposits = retryJob('remittance.retryDeposits', 'deposit');

/** Transaction 2: money on the pooled account that is not on its way. */
export const retryWithdrawals = retryJob('remittance.retryWithdrawals', 'withdrawal');

/** Calls of banks: those that are due, and those that have ended and are not booked. */
export const retryRequests = retryJob('remittance.retryRequests', 'call');

function retryJob(name: string, step: StuckStep): Job<RetryRemittancesPorts, RetryOptions, Date, Stuck> {
  return defineJob({
    name,
    profile: 'remittance',
    options: retryOptions,
    planVersion: 1,
    parseKey: parseSeoulMinute,
    plan: async ({ stuck }: RetryRemittancesPorts, asOf) => {
      const total = await stuck.count(step, asOf);
      return total === 0 ? [] : [{ name: 'all', input: null, total }];
    },
    rows: ({ stuck }, { key }): RowReader<Stuck> => ({ positionOf, page: (after, limit) => stuck.page(step, key, { after, limit }) }),
    chain: (row$, { stuck }, { chunk }, partition) => row$.pipe(writeChunk(partition, stuck.publishAgain, chunk)),
  });
}

type RetryOptions = ReturnType<typeof retryOptions.parse>;

function positionOf({ id }: Stuck): string {
  return id.toString();
}
