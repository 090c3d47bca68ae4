// Enters: the members with usage in a month, in four partitions. Leaves: a bill each, CREATED, with its lines.
// Guarantee: one bill a member and month, written in the transaction of its chunk's checkpoint; the run completes only when every
// member with usage has a bill or a recorded skip. The month is closed first: what arrives later goes on the next bill.
// Put aside: members whose usage cannot be true, each as a skip with its reason; `job run --skipped` bills them after mending.
import { z } from 'zod';
import { mapEach } from '../../operators/mapEach.ts';
import { WeirError } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import { defineJob, type JobPartition, type PartitionPlan, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import type { Transaction } from '../../src/connectors/database.ts';
import { addMonths, firstDay, parsePeriod, previousPeriod, type Period } from '../shared/period.ts';
import { calculateBill } from './bill.ts';
import type { PeriodStore } from './periodStore.ts';
import { seoulInstant } from './seoulTime.ts';
import { settlePreview } from './settlePreview.ts';
import { buckets, type SettledBill, type SettledMember, type SettleStore } from './settleStore.ts';

export interface SettlePorts {
  readonly settlement: SettleStore;
  readonly periods: PeriodStore;
  readonly clock: Clock;
}

/** The run of a billing month bills the usage of the month before. */
export interface SettleKey {
  readonly billingMonth: Period;
  readonly usageMonth: Period;
}

const settleOptions = z.object({
  chunk: z
    .object({
      size: z.int().min(1).max(10_000).default(1_000).meta({
        description: 'Bills written in one transaction. Too small: more transactions; too large: more memory, and more work to repeat.',
        unit: 'messages',
      }),
      maxWaitMs: z.int().min(0).default(50).meta({
        description: 'How long a chunk waits to fill. Too short: small chunks at the end of a page; too long: nothing is gained.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  monthsAhead: z.int().min(1).max(24).default(2).meta({
    description: 'Months made ahead of the billing month. Too few: usage has no open period when a run is late; too many: empty tables.',
    unit: 'months',
  }),
  skipLimit: z.int().min(0).default(1_000).meta({
    description: 'Members put aside in one run. Too small: a few wrong lines stop a month; too large: a wrong month looks like success.',
    unit: 'messages',
  }),
});
type SettleOptions = z.infer<typeof settleOptions>;

export const settle = defineJob({
  name: 'billing.settle',
  profile: 'billing-batch',
  options: settleOptions,
  planVersion: 1,
  parseKey: (text): SettleKey => ({ billingMonth: parsePeriod(text), usageMonth: previousPeriod(parsePeriod(text)) }),
  plan: async ({ settlement, periods, clock }: SettlePorts, key, options, { isDryRun }) => {
    if (!isDryRun) requireEnded(key, clock.now());
    await requireUsage(periods, key);
    const close = isDryRun ? undefined : closeUsage(periods, key, clock.now(), options);
    const [members] = await Promise.all([settlement.countMembers(), close]);
    return planBuckets(members);
  },
  rows: ({ settlement }, partition) => readMembers(settlement, partition),
  chain: (row$, { settlement }, options, partition) => {
    const reckonBill = (member: SettledMember): SettledBill => reckon(member, partition.key.usageMonth);
    const write = (transaction: Transaction, bills: readonly SettledBill[]): Promise<void> =>
      settlement.write(transaction, partition.key.usageMonth, bills);
    return row$.pipe(mapEach(reckonBill), writeChunk(partition, write, options.chunk));
  },
  skipLimit: (options) => options.skipLimit,
  finish: async ({ settlement, periods }, key) => {
    await Promise.all([periods.analyzeBills(key.billingMonth), requireWhole(settlement, key)]);
  },
  preview: settlePreview,
});

/** Every line of the month's usage is on a bill, or its member was put aside. `incomplete` says what is missing. */
async function requireWhole(settlement: SettleStore, { billingMonth, usageMonth }: SettleKey): Promise<void> {
  const run = { job: 'billing.settle', key: billingMonth };
  const { usage, billed, skipped } = await settlement.totals(usageMonth, run);
  if (usage.lines === billed.lines + skipped.lines && usage.minor === billed.minor + skipped.minor) return;
  const { count, examples } = await settlement.unbilled(usageMonth, run);
  const members =
    count === 0 ? 'nobody is without a bill' : `${count} members have neither bill nor skip, among them ${examples.join(', ')}`;
  throw new WeirError(
    'incomplete',
    `The usage of ${usageMonth} is ${usage.lines} lines of ${usage.minor}; on bills are ${billed.lines} of ${billed.minor}, ` +
      `put aside ${skipped.lines} of ${skipped.minor}; ${members}.`,
  );
}

function requireEnded({ billingMonth, usageMonth }: SettleKey, now: Date): void {
  if (now >= seoulInstant(firstDay(billingMonth))) return;
  throw new WeirError('invalidKey', `${usageMonth} has not ended in Seoul: billing ${billingMonth} now would close it.`);
}

/** A run of a month without usage would complete, and what is loaded later could never be billed under its key. */
async function requireUsage(periods: PeriodStore, { billingMonth, usageMonth }: SettleKey): Promise<void> {
  const months = await periods.monthsWithUsage();
  if (months.includes(usageMonth)) return;
  throw new WeirError(
    'notFound',
    `billing.settle:${billingMonth} bills the usage of ${usageMonth}, and there is none; ` +
      `there is usage of ${months.slice(-6).join(', ') || 'no month'}. The month stays open: load its usage, then run this key again.`,
  );
}

/** Makes the months, so that usage always has an open period, then closes the month that is billed. */
async function closeUsage(periods: PeriodStore, { usageMonth }: SettleKey, now: Date, options: SettleOptions): Promise<void> {
  await periods.provideMonths(Array.from({ length: options.monthsAhead + 2 }, (_, index) => addMonths(usageMonth, index)));
  await periods.closeMonth(usageMonth, now);
  await periods.analyzeUsage(usageMonth);
}

function planBuckets(members: ReadonlyMap<number, number>): readonly PartitionPlan[] {
  return buckets.map((bucket) => ({ name: `members ${bucket + 1} of ${buckets.length}`, input: bucket, total: members.get(bucket) ?? 0 }));
}

function readMembers(settlement: SettleStore, partition: JobPartition<SettleKey>): RowReader<SettledMember> {
  const bucket = z.int().parse(partition.input);
  const month = partition.key.usageMonth;
  const start = partition.checkpoint;
  let isRepeated: Promise<boolean> | undefined;
  return {
    start,
    positionOf: ({ publicInfoId }) => publicInfoId.toString(),
    page: async (after, limit) => {
      // Nobody else writes bills of this bucket while the partition is held, so asking once is enough.
      isRepeated ??= settlement.hasBills({ bucket, month, after: start });
      return settlement.page({ bucket, month, after, limit, isRepeated: await isRepeated });
    },
    at: (positions) => settlement.at(month, positions),
  };
}

function reckon(member: SettledMember, usageMonth: Period): SettledBill {
  const { grossMinor, lineCount, usageVersion } = member;
  return { ...calculateBill(member, usageMonth), grossMinor, lineCount, usageVersion };
}
