import { z } from 'zod';
import type { JobPartition, RowReader } from '../../src/runtime/jobs/job.ts';
import type { MemberUsage } from './bill.ts';
import type { SettleKey } from './settlePlan.ts';
import type { SettleStore } from './settleStore.ts';

/** Reads the members of a partition with their usage, page by page behind its checkpoint. */
export function memberRows(settlement: SettleStore, partition: JobPartition<SettleKey>): RowReader<MemberUsage> {
  const bucket = z.int().parse(partition.input);
  const month = partition.key.usageMonth;
  const start = partition.checkpoint;
  let hasBills: Promise<boolean> | undefined;
  return {
    start,
    positionOf: ({ publicInfoId }) => publicInfoId.toString(),
    page: async (after, limit) => {
      // Nobody else bills members of this bucket while the partition is held, but for those who were skipped: asking once is enough.
      hasBills ??= settlement.hasBills({ bucket, month, after: start });
      return settlement.page({ bucket, month, after, limit, againOf: (await hasBills) ? partition.runId : undefined });
    },
    at: (positions) => settlement.at(month, positions),
  };
}
