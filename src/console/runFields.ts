import type { Json } from '../runtime/jobs/job.ts';
import type { RunSummary } from '../runtime/jobs/listRuns.ts';
import { etaSeconds } from '../runtime/jobs/showRun.ts';

/** How far a run is and how it ended, as routes answer it. */
export interface RunProgress extends Readonly<Record<string, Json>> {
  readonly run: string;
  readonly key: string;
  readonly status: string;
  readonly failure: string | null;
}

export function runProgress(run: RunSummary): RunProgress {
  return {
    ...{ run: run.id.toString(), job: run.job, key: run.key, status: run.status },
    ...{ rowsRead: Number(run.rowsRead), total: run.total === null ? null : Number(run.total), skipped: Number(run.skipped) },
    ...{ rowsPerSecond: run.rowsPerSecond, etaSeconds: etaSeconds(run) ?? null },
    ...{ endedAt: run.finishedAt?.toISOString() ?? null, failure: run.failure },
  };
}

/** All of a run as routes answer it. */
export function runFields(run: RunSummary): RunProgress {
  const { createdAt, failureCode, partitions, completed } = run;
  return { ...runProgress(run), begunAt: createdAt.toISOString(), failureCode, partitions, completed };
}
