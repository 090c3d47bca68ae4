// Enters: bills on their way whose next time has come (quiet hours, slow destinations), whose message was lost, or whose holder's
// lease ran out; the same of those that are sent as SMS. Leaves: their messages on `emailTopic` or `textTopic`; a mail that ran out is
// parked for a person, since it may have been sent; an SMS is asked for again under its key while the endpoint remembers that.
// Guarantee: marked with the checkpoint before it is published, as in a dispatch; duplicates lose the claim.
// Put aside: none; a bill that moved on meanwhile is skipped.
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { asOfText, tellAsOf, type AsOfLog } from './asOf.ts';
import type { ParkStore } from './parkStore.ts';
import { publishBills, type Emails } from './publishBills.ts';
import { publishTexts, type Texts } from './textRequestStore.ts';
import { redispatchOptions } from './publishingOptions.ts';
import { lostBeforeOf, planPart, readPart, type FoundBill } from './redispatchPart.ts';
import { redispatchPreview } from './redispatchPreview.ts';
import type { RedispatchStore } from './redispatchStore.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';

export interface RedispatchPorts {
  readonly redispatches: RedispatchStore & ParkStore;
  readonly emails: Emails;
  readonly textRequests: Texts;
  /**
   * Not later than the calendar time at which the oldest message of the topic that the group has not settled was published;
   * undefined when every message is settled. What was marked well before that has no message on the way any more.
   */
  readonly oldestUnsettledAt: () => Promise<Date | undefined>;
  /** The same of `textTopic`. */
  readonly oldestUnsettledTextAt: () => Promise<Date | undefined>;
  readonly clock: Clock;
  readonly log: AsOfLog;
}

export const redispatch = defineJob({
  name: 'billing.redispatch',
  profile: 'producer',
  options: redispatchOptions,
  planVersion: 2,
  parseKey: parseSeoulMinute,
  plan: async (ports: RedispatchPorts, asOf, { lostAfterMs, repeatTextsForMs }) => {
    tellAsOf(asOf, ports.clock.now(), ports.log);
    const times = {
      asOf,
      lostBefore: lostBeforeOf(asOf, await ports.oldestUnsettledAt(), lostAfterMs),
      textLostBefore: lostBeforeOf(asOf, await ports.oldestUnsettledTextAt(), lostAfterMs),
      textRepeatAfter: new Date(asOf.getTime() - repeatTextsForMs),
    };
    return (await ports.redispatches.partsAgain(times)).map(planPart);
  },
  rows: ({ redispatches }, partition): RowReader<FoundBill> => {
    const part = readPart(partition);
    return {
      positionOf: ({ billId }) => billId.toString(),
      page: (after, limit) => redispatches.pageAgain(part, { after, limit }),
      again: (after, upTo, limit) => redispatches.pageMarkedAgain(part, { after, limit }, upTo),
    };
  },
  chain: (row$, { redispatches, emails, textRequests }, { chunk }, partition) =>
    row$.pipe(
      writeChunk(partition, redispatches.markAgain, chunk),
      mapChunk(redispatches.endParked, chunk),
      mapChunk(publishTexts(textRequests), chunk),
      mapChunk(publishBills(emails), chunk),
    ),
  preview: ({ clock }, asOf) => redispatchPreview(asOfText(asOf, clock.now())),
  report: async ({ redispatches, clock }, asOf) => {
    const { byRun, inAll } = await redispatches.countParked(asOf);
    return { asOf: asOfText(asOf, clock.now()), parkedByThisRun: byRun, parkedInAll: inAll };
  },
});
