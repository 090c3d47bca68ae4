import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import { h } from '../dom.ts';
import { paging } from '../filters.ts';
import { moment } from '../moment.ts';
import { isUnderWay, progressOf } from '../progress.ts';
import { table } from '../table.ts';
import { countText, durationText, rateText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

/** A run of a job, as `job.list` answers it. */
export interface RunRow {
  readonly run: string;
  readonly job: string;
  readonly key: string;
  readonly status: string;
  readonly rowsRead: number | null;
  readonly total: number | null;
  readonly skipped: number | null;
  readonly rowsPerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly begunAt: string | null;
  readonly endedAt: string | null;
  readonly failureCode: string | null;
  readonly failure: string | null;
  readonly partitions: number | null;
  readonly completed: number | null;
}

/** Runs on one page. */
const pageSize = 50;

/** Runs of jobs, the latest first. */
export const jobsView: View = {
  isLive: true,
  look: async (desk, place) => {
    const job = place.query.get('job') ?? undefined;
    const before = place.query.get('before') ?? undefined;
    const unfinished = place.query.get('show') === 'unfinished';
    const { runs } = await ask<{ runs: readonly RunRow[] }>('job.list', { job, before, unfinished, limit: pageSize });
    const choice = (title: string, show: string | undefined, isChosen: boolean): HTMLElement =>
      h('a', { href: addressOf(['jobs'], { job, show }), 'aria-current': isChosen ? 'true' : undefined }, title);
    return {
      title: job === undefined ? 'Jobs' : `Runs of ${job}`,
      body: [
        h(
          'div',
          { class: 'actions' },
          h(
            'nav',
            { class: 'filters', 'aria-label': 'Which are listed' },
            choice('All runs', undefined, !unfinished),
            choice('Only unfinished', 'unfinished', unfinished),
          ),
          job !== undefined && h('a', { href: '#/jobs' }, 'Every job'),
          actionButton(desk, 'job.run', 'Run a job', job === undefined ? {} : { fixed: { job } }),
        ),
        runTable(runs),
        paging(['jobs'], place, runs.length < pageSize ? null : (runs.at(-1)?.run ?? null), 'before'),
      ],
    };
  },
};

function runTable(rows: readonly RunRow[]): HTMLElement {
  return table<RunRow>({
    caption: 'Runs',
    rows,
    keyOf: ({ run }) => run,
    empty: 'No run. No job was run yet, or none of these.',
    columns: [
      { title: 'Job and key', cell: ({ run, job, key }) => h('a', { href: addressOf(['jobs', run]) }, `${job} ${key}`) },
      {
        title: 'State',
        cell: ({ status, failureCode }) => [badge(status), failureCode !== null && h('span', { class: 'why' }, failureCode)],
      },
      { title: 'Rows', isNumber: true, cell: progressOf },
      { title: 'Partitions', isNumber: true, cell: ({ partitions, completed }) => `${countText(completed)} of ${countText(partitions)}` },
      { title: 'Skipped', isNumber: true, cell: ({ skipped }) => countText(skipped) },
      { title: 'Rate now', isNumber: true, cell: (row) => (isUnderWay(row) ? rateText(row.rowsPerSecond) : '–') },
      { title: 'Time left', isNumber: true, cell: (row) => (isUnderWay(row) ? durationText(row.etaSeconds) : '–') },
      { title: 'Began', cell: ({ begunAt }) => moment(begunAt) },
      { title: 'Ended', cell: ({ endedAt }) => moment(endedAt) },
    ],
  });
}
