import { mostUnsettled, type UnsettledRun } from '../../runtime/jobs/unsettledRuns.ts';
import type { Attention } from './attention.ts';
import type { JobRow } from './jobRow.ts';

/** What of jobs a person should look at: runs that failed, rows that were put aside by whichever run, and a latest run that was stopped. */
export function jobAttention(latest: readonly JobRow[], unsettled: readonly UnsettledRun[]): readonly Attention[] {
  return [
    ...unsettled.filter(({ status }) => status === 'FAILED').map(failed),
    ...latest.filter(({ status }) => status === 'STOPPED').map(stopped),
    ...[
      ...Map.groupBy(
        unsettled.filter(({ skipped }) => skipped > 0n),
        ({ job }) => job,
      ).values(),
    ].map(putAside),
  ];
}

function failed({ id, job, key, failure, finishedAt }: UnsettledRun): Attention {
  return {
    level: 'page',
    view: `#/jobs/${id}`,
    since: finishedAt?.toISOString() ?? null,
    text: `${job}:${key} has failed: ${failure ?? ''}`,
  };
}

function stopped({ job, key, run, endedAt }: JobRow): Attention {
  return { level: 'ticket', view: `#/jobs/${run ?? ''}`, since: endedAt ?? null, text: `${job}:${key ?? ''} was stopped by a person` };
}

/** One item for a job, which leads to the oldest of its runs. */
function putAside(runs: readonly UnsettledRun[]): Attention {
  const [{ id, job, key } = { id: 0n, job: '', key: '' }] = runs;
  const rows = runs.reduce((sum, { skipped }) => sum + skipped, 0n).toLocaleString('en');
  const more = `${runs.length < mostUnsettled ? '' : 'at least '}${runs.length - 1}`;
  const which = runs.length === 1 ? `${job}:${key} has` : `${job}:${key} and ${more} later runs have`;
  return { level: 'ticket', view: `#/jobs/${id}`, since: null, text: `${which} put ${rows} rows aside` };
}
