// Enters: remittances that have no end after ten minutes. Leaves: one message each in the chat of whoever is on call, or one about all
// where a run finds more than anybody would read.
// Guarantee: nobody is told of a remittance twice: it is claimed just before, under a token. No chat, or one that is away: it is not
// claimed, and told once there is one.
// Put aside: none. Parked: what nobody can tell about, by the call or because its lease ran out; a gauge counts it.
import { backlog } from '../../operators/backlog.ts';
import type { Gate } from '../../operators/gate.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { unlessShut } from '../../operators/unlessShut.ts';
import type { Chat } from '../../src/connectors/chat.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { leaseMsOf, repeatOf } from '../shared/claimedSends.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import type { DueNews } from './late.ts';
import type { LateClaimStore } from './lateClaimStore.ts';
import type { LateRecordStore } from './lateRecordStore.ts';
import type { LateStore } from './lateStore.ts';
import { later, refused, tellLate, unknownPost, type PostLate } from './tellLate.ts';
import { watchOptions } from './watchOptions.ts';
import { madeBeforeOf, planWatch, readHow } from './watchParts.ts';

/** A chat behind its breaker. */
export interface LateChat {
  readonly post: Chat['post'];
  readonly gate: Gate;
}

export interface WatchPorts {
  readonly late: LateStore & LateClaimStore & LateRecordStore;
  /** Undefined where no chat is set up. */
  readonly lateChat: LateChat | undefined;
}

export const watch = defineJob({
  name: 'remittance.watch',
  profile: 'remittance',
  options: watchOptions,
  planVersion: 1,
  parseKey: parseSeoulMinute,
  plan: async ({ late, lateChat }: WatchPorts, asOf, options) => {
    await late.parkLeft();
    if (lateChat?.gate.isOpen() !== true) return [];
    return planWatch(await late.countLate(madeBeforeOf(asOf, options), options.mostAlone + 1), options);
  },
  rows: ({ late }, { input, key }, options): RowReader<DueNews> => {
    const [how, madeBefore] = [readHow(input), madeBeforeOf(key, options)];
    return {
      positionOf: ({ requestId = 0n }) => requestId.toString(),
      page: async (after, limit) => {
        if (how === 'alone') return late.pageLate(madeBefore, { after, limit });
        return after === undefined ? [{ requestId: undefined, claimed: undefined }] : [];
      },
    };
  },
  chain: (row$, { late, lateChat }, options, { key }) => {
    const unrecorded = backlog(options.record.size);
    return row$.pipe(
      mergeMapEach(tellLate(postBy(lateChat)), {
        ...options.send,
        claim: (news) => late.claimLate(news, madeBeforeOf(key, options), leaseMsOf(options)),
        repeatClaim: repeatOf(options),
        backlog: unrecorded,
        refused,
        later,
        unknown: unknownPost,
      }),
      mapChunk(late.recordLate, { ...options.record, repeat: repeatOf(options), backlog: unrecorded }),
    );
  },
});

function postBy(chat: LateChat | undefined): PostLate {
  return (text, signal) =>
    unlessShut(chat?.gate, signal, async () => {
      await chat?.post(text, signal);
      return 'posted' as const;
    });
}
