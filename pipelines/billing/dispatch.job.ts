// Enters: bills that were never dispatched and whose day has come, of whatever month. Leaves: their messages on `emailTopic`.
// Guarantee: nobody is forgotten: a bill is marked SEND_PENDING with the checkpoint before its message is published, and what a
// dead process marked and did not publish is published by its successor. Duplicates are possible; they lose the claim.
// Put aside: none; a bill that was sent or forced meanwhile is skipped. Refused while a month of these bills is being settled.
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import type { Answer } from '../../src/message/decision.ts';
import { defineJob, type PartitionPlan, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import type { DispatchedBill } from './dispatchedBill.ts';
import { planDispatch, readDispatchPart } from './dispatchPart.ts';
import type { DispatchStore } from './dispatchStore.ts';
import { requireSettled } from './requireSettled.ts';
import { publishBills, type Emails } from './publishBills.ts';
import { publishingOptions } from './publishingOptions.ts';
import { parseSeoulDay, seoulDay } from '../shared/seoulTime.ts';

export interface DispatchPorts {
  readonly dispatches: DispatchStore;
  readonly emails: Emails;
  readonly clock: Clock;
}

export const dispatch = defineJob({
  name: 'billing.dispatch',
  profile: 'producer',
  options: publishingOptions,
  planVersion: 2,
  parseKey: parseSeoulDay,
  checkKey: requireCome,
  plan: async ({ dispatches, clock }: DispatchPorts, day): Promise<readonly PartitionPlan[]> => {
    requireCome(day, clock.now());
    const stretches = await dispatches.dueStretches(day);
    requireSettled(stretches, day);
    return planDispatch(stretches);
  },
  rows: ({ dispatches }, { input, key }): RowReader<DispatchedBill> => {
    const { billingDate, after: start, upTo: end } = readDispatchPart(input);
    return {
      positionOf: ({ billId }) => billId.toString(),
      page: (after = start, limit) => dispatches.pageDue({ billingDate, after, limit }, end, key),
      again: (after = start, upTo, limit) => dispatches.pageMarked({ billingDate, after, limit }, upTo),
    };
  },
  chain: (row$, { dispatches, emails, clock }, { chunk }, partition) => {
    const mark = (transaction: Transaction, bills: readonly DispatchedBill[]): Promise<readonly Answer<DispatchedBill>[]> =>
      dispatches.markDispatched(transaction, bills, clock.now());
    return row$.pipe(writeChunk(partition, mark, chunk), mapChunk(publishBills(emails), chunk));
  },
});

function requireCome(day: string, now: Date): void {
  if (day > seoulDay(now)) throw new WeirError('invalidKey', `${day} has not come in Seoul: its bills are not due.`);
}
