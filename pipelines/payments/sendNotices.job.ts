// Enters: notices that wait and are due, a partition for each channel. Leaves: the message, and its row SENT, FAILED, or waiting for
// its next try.
// Guarantee: a notice is sent at most once: it is claimed just before, under a token, and once where everybody tells how it ended. One
// that is slow, refused or in doubt holds no other, and touches neither the payment nor the order.
// Put aside: none. Parked for a person: what nobody can tell about, by the call or because its lease ran out.
import { backlog } from '../../operators/backlog.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { leaseMsOf, repeatOf } from '../shared/claimedSends.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import { later, refused, unknownNotice, type DueNotice } from './dueNotice.ts';
import type { NoticeClaimStore } from './noticeClaimStore.ts';
import { sendNoticesOptions } from './noticeOptions.ts';
import { planNotices, readChannel } from './noticeParts.ts';
import type { NoticeRecordStore } from './noticeRecordStore.ts';
import type { NoticeStore } from './noticeStore.ts';
import { claimWhereOpen, sendNotice, type NoticeSenders } from './sendNotice.ts';

export interface SendNoticesPorts {
  readonly notices: Omit<NoticeStore, 'openNotices'> & NoticeClaimStore & NoticeRecordStore;
  readonly noticeSenders: NoticeSenders;
}

export const sendNotices = defineJob({
  name: 'payments.sendNotices',
  profile: 'payments',
  options: sendNoticesOptions,
  planVersion: 1,
  parseKey: parseSeoulMinute,
  plan: async ({ notices }: SendNoticesPorts, asOf) => {
    await notices.parkLeft();
    return planNotices(await notices.countDue(asOf));
  },
  rows: ({ notices }, { input, key }): RowReader<DueNotice> => {
    const channel = readChannel(input);
    return { positionOf: ({ noticeId }) => noticeId.toString(), page: (after, limit) => notices.pageDue(channel, key, { after, limit }) };
  },
  chain: (row$, { notices, noticeSenders }, options) => {
    const unrecorded = backlog(options.record.size);
    return row$.pipe(
      mergeMapEach(sendNotice(noticeSenders), {
        ...options.send,
        claim: claimWhereOpen(noticeSenders, (due) => notices.claim(due, leaseMsOf(options))),
        repeatClaim: repeatOf(options),
        backlog: unrecorded,
        refused,
        later,
        unknown: unknownNotice,
      }),
      mapChunk(notices.recordNotices, { ...options.record, repeat: repeatOf(options), backlog: unrecorded }),
    );
  },
});
