import type { Json } from '../../runtime/jobs/job.ts';
import type { RunSummary } from '../../runtime/jobs/listRuns.ts';
import { runProgress } from '../runFields.ts';

/** A job at a glance: its latest run. */
export interface JobRow extends Readonly<Record<string, Json>> {
  readonly job: string;
  readonly status: string | null;
  readonly key: string | null;
  readonly run: string | null;
  /** Of its latest run; absent where there is none. */
  readonly endedAt?: string | null;
}

export function jobRow(job: string, profile: string, run: RunSummary | undefined, history: readonly number[]): JobRow {
  if (run === undefined) return { job, profile, status: null, key: null, run: null, history };
  return { ...runProgress(run), job, profile, history };
}
