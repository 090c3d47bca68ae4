import type { Json } from '../../runtime/jobs/job.ts';
import type { RunSummary } from '../../runtime/jobs/listRuns.ts';
import { runProgress } from '../runFields.ts';
import type { Attention } from './attention.ts';

/** A job at a glance: its latest run. */
export interface JobRow extends Readonly<Record<string, Json>> {
  readonly job: string;
  readonly status: string | null;
  readonly key: string | null;
  readonly run: string | null;
  readonly failure?: string | null;
}

export function jobRow(job: string, profile: string, run: RunSummary | undefined, history: readonly number[]): JobRow {
  if (run === undefined) return { job, profile, status: null, key: null, run: null, history };
  return { ...runProgress(run), job, profile, history };
}

/** What of a job a person should look at. */
export function jobAttention({ job, status, key, run, failure, skipped }: JobRow): readonly Attention[] {
  const view = `#/jobs/${run ?? ''}`;
  const name = `${job}:${key ?? ''}`;
  if (status === 'FAILED') return [{ level: 'page', view, text: `${name} has failed: ${failure ?? ''}` }];
  if (status === 'STOPPED') return [{ level: 'ticket', view, text: `${name} was stopped by a person` }];
  if (Number(skipped ?? 0) > 0)
    return [{ level: 'ticket', view, text: `${name} has put ${Number(skipped).toLocaleString('en')} rows aside` }];
  return [];
}
