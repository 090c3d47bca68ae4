import type { Json } from '../../runtime/jobs/job.ts';
import type { RunSummary } from '../../runtime/jobs/listRuns.ts';
import { etaSeconds } from '../../runtime/jobs/showRun.ts';

/** A run as routes answer it. */
export function runFields(run: RunSummary): { readonly [field: string]: Json } {
  return {
    ...{ run: run.id.toString(), job: run.job, key: run.key, status: run.status },
    ...{ rowsRead: Number(run.rowsRead), total: run.total === null ? null : Number(run.total), skipped: Number(run.skipped) },
    ...{ rowsPerSecond: run.rowsPerSecond, etaSeconds: etaSeconds(run) ?? null },
    ...{ begunAt: run.createdAt.toISOString(), endedAt: run.finishedAt?.toISOString() ?? null },
    ...{ failureCode: run.failureCode, failure: run.failure, partitions: run.partitions, completed: run.completed },
  };
}
