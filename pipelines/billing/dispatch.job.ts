// Enters: bills that were never dispatched and whose day has come, of whatever month. Leaves: their messages on `emailTopic`.
// Guarantee: nobody is forgotten: a bill is marked SEND_PENDING with the checkpoint before its message is published, and what a
// dead process marked and did not publish is published by its successor. Duplicates are possible; they lose the claim.
// Put aside: none; a bill that was sent or forced meanwhile is skipped.
import { z } from 'zod';
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Transaction } from '../../src/connectors/database.ts';
import type { Sink } from '../../src/connectors/sink.ts';
import { WeirError } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import type { Answer } from '../../src/message/decision.ts';
import { defineJob, type PartitionPlan, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { encodeDispatchedBill, type DispatchedBill } from './dispatchedBill.ts';
import type { DispatchStore } from './dispatchStore.ts';
import { seoulDay, seoulInstant } from './seoulTime.ts';

export interface DispatchPorts {
  readonly dispatches: DispatchStore;
  /** `emailTopic`. */
  readonly emails: Pick<Sink, 'write'>;
  readonly clock: Clock;
}

/** Options of jobs that mark bills and publish them. */
export const publishingOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(2_000).default(1_000).meta({
        description:
          'Bills marked in one transaction and published in one call. Too small: slow; too large: more duplicates after a crash.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(50).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks at the end of a page; too long: nothing is gained.',
        unit: 'ms',
      }),
    })
    .prefault({}),
});

export const dispatch = defineJob({
  name: 'billing.dispatch',
  profile: 'producer',
  options: publishingOptions,
  planVersion: 1,
  parseKey: parseDay,
  plan: async ({ dispatches, clock }: DispatchPorts, day): Promise<readonly PartitionPlan[]> => {
    if (day > seoulDay(clock.now())) throw new WeirError('invalidKey', `${day} has not come in Seoul: its bills are not due.`);
    const months = await dispatches.dueMonths(day);
    return months.map(({ billingDate, bills }) => ({ name: billingDate.slice(0, 7), input: billingDate, total: bills }));
  },
  rows: ({ dispatches }, { input, key, checkpoint, published }): RowReader<DispatchedBill> => ({
    start: published,
    positionOf: ({ billId }) => billId.toString(),
    page: (after, limit) => dispatches.pageDue({ billingDate: z.string().parse(input), after, marked: checkpoint, limit }, key),
  }),
  chain: (row$, { dispatches, emails, clock }, options, partition) => {
    const mark = (transaction: Transaction, bills: readonly DispatchedBill[]): Promise<readonly Answer<DispatchedBill>[]> =>
      dispatches.markDispatched(transaction, bills, clock.now());
    const publish = (bills: readonly DispatchedBill[]): Promise<readonly DispatchedBill[]> => publishBills(emails, bills);
    return row$.pipe(writeChunk(partition, mark, options.chunk), mapChunk(publish, options.chunk));
  },
});

/** Publishes the messages of bills; resolves when all are durable. */
export async function publishBills(emails: Pick<Sink, 'write'>, bills: readonly DispatchedBill[]): Promise<readonly DispatchedBill[]> {
  await emails.write(bills.map((bill) => ({ key: bill.publicInfoId.toString(), value: encodeDispatchedBill(bill) })));
  return bills;
}

function parseDay(text: string): string {
  const instant = seoulInstant(text);
  // A date that does not exist (30 February) is read as another one.
  if (Number.isNaN(instant.getTime()) || seoulDay(instant) !== text) {
    throw new WeirError('invalidKey', `Expected a date as YYYY-MM-DD, got ${JSON.stringify(text.slice(0, 40))}.`);
  }
  return text;
}
