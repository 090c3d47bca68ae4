// Enters: bills on their way whose next time has come (quiet hours, slow destinations), whose message was lost, or whose holder's
// lease ran out. Leaves: their messages on `emailTopic`; what ran out is parked for a person, since its mail may have been sent.
// Guarantee: marked with the checkpoint before it is published, as in a dispatch; duplicates lose the claim.
// Put aside: none; a bill that moved on meanwhile is skipped.
import { z } from 'zod';
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Transaction } from '../../src/connectors/database.ts';
import type { Sink } from '../../src/connectors/sink.ts';
import { WeirError } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import type { Answer } from '../../src/message/decision.ts';
import { defineJob, type JobPartition, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { publishBills, publishingOptions } from './dispatch.job.ts';
import type { DispatchedBill } from './dispatchedBill.ts';
import type { RedispatchStore, RedispatchTimes } from './redispatchStore.ts';
import { seoulInstant, seoulMinute } from './seoulTime.ts';

export interface RedispatchPorts {
  readonly redispatches: RedispatchStore;
  /** `emailTopic`. */
  readonly emails: Pick<Sink, 'write'>;
  /**
   * Not later than the calendar time at which the oldest message of the topic that the group has not settled was published;
   * undefined when every message is settled. What has been pending since before that has no message on the way any more.
   */
  readonly oldestUnsettledAt: () => Promise<Date | undefined>;
  readonly clock: Clock;
}

const redispatchOptions = publishingOptions.extend({
  lostAfterMs: z.int().min(60_000).default(3_600_000).meta({
    description: 'Age from which a bill may have lost its message. Too short: duplicates of slow messages; too long: lost ones wait.',
    unit: 'ms',
  }),
});

const partitionInput = z.object({
  kind: z.enum(['due', 'lost', 'expired']),
  billingDate: z.string(),
  lostBefore: z.iso.datetime().transform((text) => new Date(text)),
});

export const redispatch = defineJob({
  name: 'billing.redispatch',
  profile: 'producer',
  options: redispatchOptions,
  planVersion: 1,
  parseKey: parseMinute,
  plan: async ({ redispatches, oldestUnsettledAt, clock }: RedispatchPorts, asOf, { lostAfterMs }) => {
    if (asOf > clock.now()) throw new WeirError('invalidKey', `${seoulMinute(asOf)} has not come in Seoul.`);
    const oldest = (await oldestUnsettledAt()) ?? asOf;
    const lostBefore = new Date(Math.min(asOf.getTime() - lostAfterMs, oldest.getTime()));
    const parts = await redispatches.partsAgain({ asOf, lostBefore });
    return parts.map(({ kind, billingDate }) => ({
      name: `${kind} ${billingDate.slice(0, 7)}`,
      input: { kind, billingDate, lostBefore: lostBefore.toISOString() },
      total: undefined,
    }));
  },
  rows: ({ redispatches }, partition): RowReader<DispatchedBill> => ({
    start: partition.published,
    positionOf: ({ billId }) => billId.toString(),
    page: (after, limit) => {
      const { kind, billingDate } = partitionInput.parse(partition.input);
      return redispatches.pageAgain(kind, { billingDate, after, marked: partition.checkpoint, limit }, timesOf(partition));
    },
  }),
  chain: (row$, { redispatches, emails }, options, partition) => {
    const markAgain = (transaction: Transaction, bills: readonly DispatchedBill[]): Promise<readonly Answer<DispatchedBill>[]> =>
      redispatches.markAgain(transaction, partitionInput.parse(partition.input).kind, bills, timesOf(partition));
    const publish = (bills: readonly DispatchedBill[]): Promise<readonly DispatchedBill[]> => publishBills(emails, bills);
    return row$.pipe(writeChunk(partition, markAgain, options.chunk), mapChunk(publish, options.chunk));
  },
});

function timesOf({ key, input }: JobPartition<Date>): RedispatchTimes {
  return { asOf: key, lostBefore: partitionInput.parse(input).lostBefore };
}

function parseMinute(text: string): Date {
  const [date = '', time = ''] = text.split('T');
  const instant = seoulInstant(date, time);
  if (Number.isNaN(instant.getTime()) || seoulMinute(instant) !== text) {
    throw new WeirError('invalidKey', `Expected a minute as YYYY-MM-DDTHH:MM, got ${JSON.stringify(text.slice(0, 40))}.`);
  }
  return instant;
}
