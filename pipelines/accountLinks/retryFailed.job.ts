// Enters: links that wait for the bank's word and whose next try is due, and those that nobody has worked on since their message counts as
// lost. Leaves: their requests on the stream again, by the outbox, for the pipeline that registers them.
// Guarantee: no link waits that is neither under way nor parked with its reason; it is registered once, however often it is published.
// Put aside: none; what was worked on meanwhile is skipped.
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import type { DueLinkStore, WaitingLink } from './dueLinkStore.ts';
import { retryFailedOptions } from './retryFailedOptions.ts';

export interface RetryFailedLinksPorts {
  readonly waitingLinks: DueLinkStore;
}

export const retryFailed = defineJob({
  name: 'accountLinks.retryFailed',
  profile: 'streams',
  options: retryFailedOptions,
  planVersion: 1,
  parseKey: parseSeoulMinute,
  plan: async ({ waitingLinks }: RetryFailedLinksPorts, asOf) => {
    const total = await waitingLinks.count(asOf);
    return total === 0 ? [] : [{ name: 'all', input: null, total }];
  },
  rows: ({ waitingLinks }, { key }): RowReader<WaitingLink> => ({
    positionOf,
    page: (after, limit) => waitingLinks.page(key, { after, limit }),
  }),
  chain: (row$, { waitingLinks }, { chunk }, partition) => row$.pipe(writeChunk(partition, waitingLinks.publishAgain, chunk)),
});

function positionOf({ linkId }: WaitingLink): string {
  return linkId.toString();
}
