import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { agedMoment } from '../moment.ts';
import type { PipelineRow } from '../overview.ts';
import { fact } from '../sheet.ts';
import { sparkline } from '../sparkline.ts';
import { table } from '../table.ts';
import { countText, durationText, millisText, rateText } from '../text.ts';
import type { View } from '../view.ts';

interface PipelineSheet extends PipelineRow {
  readonly stages: readonly Stage[];
  readonly windowSize: number | null;
  readonly partitions: readonly Partition[];
  readonly reads: string | null;
  readonly source: string | null;
  readonly errors: readonly { readonly stage: string; readonly code: string; readonly count: number }[];
  readonly counts: Readonly<Record<string, number>> | null;
}

interface Stage {
  readonly stage: string;
  readonly calls: number | null;
  readonly messages: number | null;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly retries: number | null;
}

interface Partition {
  readonly partition: number;
  readonly watermark: string | number | null;
  readonly newestRead: string | number | null;
  readonly open: number | null;
  readonly standsSeconds: number | null;
}

/** One pipeline: its stages with their times, its window, watermarks against heads, errors; pause and resume. */
export const pipelineView: View = {
  isLive: true,
  look: async (desk, { part = '' }) => {
    const found = await ask<PipelineSheet>('pipelines.show', { pipeline: part });
    return {
      title: found.pipeline,
      body: [actions(desk, found), standing(found), stages(found), positions(found), errors(found), counts(found)],
    };
  },
};

function actions(desk: Desk, { pipeline, pausedBy }: PipelineSheet): HTMLElement {
  const fixed = { pipeline };
  const isPaused = pausedBy !== null;
  return h(
    'div',
    { class: 'actions' },
    isPaused ? actionButton(desk, 'pipelines.resume', 'Resume', { fixed }) : actionButton(desk, 'pipelines.pause', 'Pause', { fixed }),
    actionButton(desk, 'log.level', 'Log differently for a while', { fixed: { name: pipeline } }),
    h('a', { href: '#/dead-letters' }, 'Dead letters'),
  );
}

function standing(found: PipelineSheet): HTMLElement {
  const {
    state,
    stateSince = null,
    waitsSince = null,
    reason,
    waitsFor,
    pausedBy,
    pausedAt,
    pausedBecause,
    rate,
    lag,
    inFlight,
    windowSize,
    oldestSeconds,
    history,
  } = found;
  return h(
    'dl',
    { class: 'facts' },
    fact('State', badge(state), stateSince !== null && pausedBy === null && [' since ', agedMoment(stateSince)]),
    pausedBy !== null && fact('Paused', `by ${pausedBy}, `, agedMoment(pausedAt), h('span', { class: 'why' }, pausedBecause)),
    waitsFor !== null && waitsFor !== '' && fact('Waits for', waitsFor, waitsSince !== null && [', since ', agedMoment(waitsSince)]),
    reason !== null && reason !== '' && fact('Because', reason),
    fact('Partitions that it reads', found.reads ?? '–'),
    found.source !== null && fact('Source', found.source),
    fact('Rate now, and of 15 minutes', rateText(rate), ' ', sparkline(history, found.pipeline)),
    fact('Lag', countText(lag)),
    fact('In flight, of its window', `${countText(inFlight)} of ${countText(windowSize)}`),
    fact('Oldest open message', durationText(oldestSeconds)),
    fact('Retries, 15 minutes', countText(found.retries)),
    fact('Dead letters, 15 minutes', countText(found.dead)),
    fact('Profile', found.profile),
  );
}

function stages({ stages: rows }: PipelineSheet): HTMLElement {
  return section(
    'Stages, since this daemon was started',
    table<Stage>({
      caption: 'Stages',
      rows,
      keyOf: ({ stage }) => stage,
      empty: 'No stage has worked since this daemon was started.',
      columns: [
        { title: 'Stage', cell: ({ stage }) => stage },
        { title: 'Messages', isNumber: true, cell: ({ messages }) => countText(messages) },
        { title: 'Calls', isNumber: true, cell: ({ calls }) => countText(calls) },
        { title: 'Mean', isNumber: true, cell: ({ meanMs }) => millisText(meanMs) },
        { title: 'Median', isNumber: true, cell: ({ p50Ms }) => millisText(p50Ms) },
        { title: '99 %', isNumber: true, cell: ({ p99Ms }) => millisText(p99Ms) },
        { title: 'Retries', isNumber: true, cell: ({ retries }) => countText(retries) },
      ],
    }),
  );
}

function positions({ partitions }: PipelineSheet): HTMLElement {
  const placeOf = (place: string | number | null): string => (typeof place === 'number' ? countText(place) : (place ?? '–'));
  return section(
    'Partitions',
    table<Partition>({
      caption: 'Partitions',
      rows: partitions,
      keyOf: ({ partition }) => String(partition),
      empty: 'No watermarks. Nothing was read yet, or its bus settles each message by itself, as Redis Streams do.',
      columns: [
        { title: 'Partition', cell: ({ partition }) => partition },
        { title: 'Everything below is settled', isNumber: true, cell: ({ watermark }) => placeOf(watermark) },
        { title: 'Newest read', isNumber: true, cell: ({ newestRead }) => placeOf(newestRead) },
        { title: 'Open', isNumber: true, cell: ({ open }) => countText(open) },
        { title: 'Stands for', isNumber: true, cell: ({ standsSeconds }) => durationText(standsSeconds) },
      ],
    }),
  );
}

function errors({ errors: rows, pipeline }: PipelineSheet): HTMLElement {
  return section(
    'Errors by code, since this daemon was started',
    table({
      caption: 'Errors by code',
      rows,
      keyOf: ({ stage, code }) => `${stage} ${code}`,
      empty: `No error. Every message of ${pipeline} that this daemon has read ended well, or is open.`,
      columns: [
        { title: 'Code', cell: ({ code }) => code },
        { title: 'Stage', cell: ({ stage }) => stage },
        { title: 'Count', isNumber: true, cell: ({ count }) => countText(count) },
      ],
    }),
  );
}

function counts({ counts: found }: PipelineSheet): Child {
  if (found === null) return null;
  const order = ['received', 'done', 'skipped', 'deferred', 'dead', 'released', 'inFlight'];
  const words: Readonly<Record<string, string>> = { inFlight: 'In flight', dead: 'Put aside', released: 'Given back' };
  const facts = order.map((name) => fact(words[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`, countText(found[name])));
  return section('Messages, since this daemon was started', h('dl', { class: 'facts' }, facts));
}

function section(title: string, ...content: readonly Child[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), ...content);
}
