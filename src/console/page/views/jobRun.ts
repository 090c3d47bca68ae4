import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import { h } from '../dom.ts';
import { agedMoment, moment } from '../moment.ts';
import { isUnderWay, progressOf } from '../progress.ts';
import { fact } from '../sheet.ts';
import { table } from '../table.ts';
import { countText, durationText, rateText } from '../text.ts';
import { addressOf, type View } from '../view.ts';
import type { RunRow } from './jobs.ts';

interface RunSheet extends RunRow {
  readonly partitionRows: readonly PartitionRow[];
  readonly skips: readonly Skip[];
}

interface PartitionRow extends Pick<RunRow, 'rowsRead' | 'total' | 'rowsPerSecond' | 'etaSeconds' | 'failure'> {
  readonly name: string;
  readonly state: string;
  readonly rowsSkipped: number | null;
  readonly holder: string | null;
  readonly failures: number | null;
}

interface Skip {
  readonly partition: string | number;
  readonly position: string;
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly skippedAt: string;
  readonly resolvedAt: string | null;
}

/** One run: its partitions with their progress, what it has skipped; stop, and restart of one that has failed. */
export const jobRunView: View = {
  isLive: true,
  look: async (desk, { part = '' }) => {
    const run = await ask<RunSheet>('job.show', { run: part });
    const isOver = run.endedAt !== null;
    const isDone = /complete/i.test(run.status);
    return {
      title: `${run.job} ${run.key}`,
      body: [
        h(
          'div',
          { class: 'actions' },
          actionButton(desk, 'job.run', 'Restart', {
            fixed: { job: run.job, key: run.key },
            unless: isDone ? 'it has completed' : isOver ? undefined : 'it is running',
          }),
          actionButton(desk, 'job.stop', 'Stop', { fixed: { run: run.run }, isGrave: true, unless: isOver ? 'it has ended' : undefined }),
          h('a', { href: addressOf(['jobs'], { job: run.job }) }, `All runs of ${run.job}`),
        ),
        standing(run),
        h('section', {}, h('h2', {}, 'Partitions'), partitions(run.partitionRows)),
        h('section', {}, h('h2', {}, 'Skipped rows'), skips(run.skips)),
      ],
    };
  },
};

function standing(run: RunSheet): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    fact('State', badge(run.status)),
    run.failure !== null && fact('Failed with', h('strong', {}, run.failureCode ?? ''), ' ', run.failure),
    fact('Rows', progressOf(run)),
    fact('Partitions completed', `${countText(run.completed)} of ${countText(run.partitions)}`),
    isUnderWay(run) && [fact('Rate now', rateText(run.rowsPerSecond)), fact('Time left', durationText(run.etaSeconds))],
    fact('Skipped', countText(run.skipped)),
    fact('Began', agedMoment(run.begunAt)),
    fact('Ended', agedMoment(run.endedAt)),
    fact('Run', run.run),
  );
}

function partitions(rows: readonly PartitionRow[]): HTMLElement {
  return table<PartitionRow>({
    caption: 'Partitions',
    rows,
    keyOf: ({ name }) => name,
    empty: 'No partition yet: the run has not been planned.',
    columns: [
      { title: 'Partition', cell: ({ name }) => name },
      { title: 'State', cell: ({ state, failure }) => [badge(state), failure !== null && h('span', { class: 'why' }, failure)] },
      { title: 'Rows', isNumber: true, cell: progressOf },
      { title: 'Rate now', isNumber: true, cell: ({ rowsPerSecond }) => rateText(rowsPerSecond) },
      { title: 'Time left', isNumber: true, cell: ({ etaSeconds }) => durationText(etaSeconds) },
      { title: 'Skipped', isNumber: true, cell: ({ rowsSkipped }) => countText(rowsSkipped) },
      { title: 'Failures', isNumber: true, cell: ({ failures }) => countText(failures) },
      { title: 'Worked on by', cell: ({ holder }) => holder ?? '–' },
    ],
  });
}

function skips(rows: readonly Skip[]): HTMLElement {
  return table<Skip>({
    caption: 'Skipped rows',
    rows,
    keyOf: ({ partition, position, stage }) => `${partition} ${position} ${stage}`,
    empty: 'None. Every row that was read was worked on.',
    columns: [
      { title: 'Position', cell: ({ position }) => position },
      { title: 'Partition', cell: ({ partition }) => partition },
      { title: 'Stage', cell: ({ stage }) => stage },
      { title: 'Code', cell: ({ code }) => code },
      { title: 'Reason', cell: ({ reason }) => reason },
      { title: 'Skipped', cell: ({ skippedAt }) => moment(skippedAt) },
      { title: 'Mended', cell: ({ resolvedAt }) => (resolvedAt === null ? 'not yet' : moment(resolvedAt)) },
    ],
  });
}
