// Enters: the members with usage in a month, in four partitions. Leaves: a bill each, CREATED, with its lines.
// Guarantee: one bill a member and month, written in the transaction of its chunk's checkpoint; the run completes only when every
// line of the usage is on the bill of its member or its member has a recorded skip, and every bill is the sum of its lines. The month
// is closed first: what arrives later goes on the next bill. Bills whose usage was changed meanwhile are taken back and made anew.
// Put aside: members whose usage cannot be true, each as a skip with its reason; `job run --skipped` bills them after mending.
import { z } from 'zod';
import { mapEach } from '../../operators/mapEach.ts';
import type { Transaction } from '../../src/connectors/database.ts';
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type JobPartition, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { calculateBill, type Bill, type MemberUsage } from './bill.ts';
import type { PeriodStore } from './periodStore.ts';
import { requireWhole } from './requireWhole.ts';
import { settleOptions } from './settleOptions.ts';
import { closeUsage, parseSettleKey, planBuckets, requireEnded, requireUsage, type SettleKey } from './settlePlan.ts';
import { settlePreview } from './settlePreview.ts';
import type { SettleStore } from './settleStore.ts';

export interface SettlePorts {
  readonly settlement: SettleStore;
  readonly periods: PeriodStore;
  readonly clock: Clock;
}

const name = 'billing.settle';

export const settle = defineJob({
  name,
  profile: 'billing-batch',
  options: settleOptions,
  planVersion: 1,
  parseKey: parseSettleKey,
  checkKey: requireEnded,
  plan: async ({ settlement, periods, clock }: SettlePorts, key, options, { isDryRun }) => {
    if (!isDryRun) requireEnded(key, clock.now());
    await requireUsage(periods, key);
    if (!isDryRun) await closeUsage(periods, key, clock.now(), options);
    return planBuckets(await settlement.countMembers());
  },
  rows: ({ settlement }, partition) => memberRows(settlement, partition),
  chain: (row$, { settlement }, options, partition) => {
    const reckonBill = (member: MemberUsage): Bill => calculateBill(member, partition.key.usageMonth);
    const write = (transaction: Transaction, bills: readonly Bill[]): Promise<void> =>
      settlement.write(transaction, partition.key.usageMonth, bills);
    return row$.pipe(mapEach(reckonBill), writeChunk(partition, write, options.chunk));
  },
  skipLimit: (options) => options.skipLimit,
  finish: async ({ settlement, periods }, { billingMonth, usageMonth }) => {
    await Promise.all([periods.analyzeBills(billingMonth), requireWhole(settlement, usageMonth, { job: name, key: billingMonth })]);
  },
  preview: settlePreview,
});

/** Reads the members of a partition with their usage, page by page behind its checkpoint. */
function memberRows(settlement: SettleStore, partition: JobPartition<SettleKey>): RowReader<MemberUsage> {
  const bucket = z.int().parse(partition.input);
  const month = partition.key.usageMonth;
  let hasBills: Promise<boolean> | undefined;
  return {
    positionOf: ({ publicInfoId }) => publicInfoId.toString(),
    page: async (after, limit) => {
      // Nobody else bills members of this bucket while the partition is held, but for those who were skipped: asking once is enough.
      hasBills ??= settlement.hasBills({ bucket, month, after: partition.checkpoint });
      return settlement.page({ bucket, month, after, limit, againOf: (await hasBills) ? partition.runId : undefined });
    },
    at: (positions) => settlement.at(month, positions),
  };
}
