import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import { breakable } from '../breakable.ts';
import { h, type Child } from '../dom.ts';
import { agedMoment, moment, withMoments } from '../moment.ts';
import { notice } from '../notice.ts';
import type { Attention, JobRow, Overview, PipelineRow } from '../overview.ts';
import { isUnderWay, progressOf } from '../progress.ts';
import { sparkline } from '../sparkline.ts';
import { table } from '../table.ts';
import { countText, durationText, rateText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

/** Every pipeline and job at a glance; what needs attention stands first. */
export const overviewView: View = {
  isLive: true,
  look: async (desk) => {
    const overview = desk.live.latest() ?? (await ask<Overview>('overview.show'));
    return { title: 'Overview', body: bodyOf(overview) };
  },
};

const held = 'This daemon is held: it answers, and works on nothing, until it is started without --hold.';

function bodyOf(overview: Overview): Child {
  const { attention, pipelines, jobs, schedules, dependencies } = overview;
  return [
    overview.isHeld === true && notice(held),
    h('section', {}, h('h2', {}, 'Needs attention'), attentionList(attention)),
    h('section', {}, h('h2', {}, 'Pipelines'), pipelineTable(pipelines)),
    h('section', {}, h('h2', {}, 'Jobs, by their latest runs'), jobTable(jobs)),
    h(
      'section',
      {},
      h('h2', {}, 'Around'),
      h(
        'dl',
        { class: 'facts' },
        dependencies.map(({ name, state }) => h('div', { 'data-key': name }, h('dt', {}, name), h('dd', {}, dependencyBadge(state)))),
        nextOf(schedules),
        h('div', {}, h('dt', {}, 'This daemon'), h('dd', {}, overview.instance, ', since ', moment(overview.startedAt))),
      ),
    ),
  ];
}

function attentionList(attention: readonly Attention[]): HTMLElement {
  if (attention.length === 0) return h('p', { class: 'empty calm' }, 'Nothing needs attention.');
  return h(
    'ul',
    { class: 'attention' },
    attention.map(({ level, text, view, since = null }) =>
      h(
        'li',
        { class: level, 'data-key': `${view} ${text} ${since ?? ''}` },
        badge(level === 'page' ? 'now' : 'soon', level === 'page' ? 'bad' : 'warning'),
        h('div', {}, h('a', { href: view }, withMoments(text)), since !== null && h('span', { class: 'why' }, 'since ', agedMoment(since))),
      ),
    ),
  );
}

function pipelineTable(pipelines: readonly PipelineRow[]): HTMLElement {
  return table<PipelineRow>({
    caption: 'Pipelines',
    rows: pipelines,
    keyOf: ({ pipeline }) => pipeline,
    empty: 'This daemon knows no pipeline.',
    columns: [
      { title: 'Pipeline', cell: ({ pipeline }) => h('a', { href: addressOf(['pipelines', pipeline]) }, breakable(pipeline)) },
      { title: 'State', isWide: true, cell: ({ state, reason, waitsFor }) => [badge(state), whyOf(waitsFor ?? reason)] },
      { title: 'Rate, 15 min', cell: ({ history, pipeline }) => sparkline(history, pipeline) ?? '–' },
      { title: 'Rate now', isNumber: true, cell: ({ rate }) => rateText(rate) },
      { title: 'Lag', isNumber: true, cell: ({ lag }) => countText(lag) },
      { title: 'In flight', isNumber: true, cell: ({ inFlight }) => countText(inFlight) },
      { title: 'Oldest', isNumber: true, cell: ({ oldestSeconds }) => durationText(oldestSeconds) },
      { title: 'Retries, 15 min', isNumber: true, cell: ({ retries }) => countText(retries) },
      {
        title: 'Dead, 15 min',
        isNumber: true,
        cell: ({ dead }) => ((dead ?? 0) > 0 ? h('strong', { class: 'bad' }, countText(dead)) : countText(dead)),
      },
    ],
  });
}

function whyOf(why: string | null): Child {
  return why !== null && why !== '' && h('span', { class: 'why' }, why);
}

function jobTable(jobs: readonly JobRow[]): HTMLElement {
  return table<JobRow>({
    caption: 'Jobs',
    rows: jobs,
    keyOf: ({ job }) => job,
    empty: 'This daemon knows no job.',
    columns: [
      { title: 'Job', cell: ({ job }) => h('a', { href: addressOf(['jobs'], { job }) }, breakable(job)) },
      { title: 'State', cell: ({ status }) => (status === null ? h('span', { class: 'quiet' }, 'never ran') : badge(status)) },
      {
        title: 'Key',
        cell: ({ key, run }) => (key === null || run === null ? '–' : h('a', { href: addressOf(['jobs', run]), class: 'key' }, key)),
      },
      { title: 'Rate, 15 min', cell: ({ history, job }) => sparkline(history, job) ?? '–' },
      { title: 'Rows', isNumber: true, cell: (row) => progressOf(row) },
      { title: 'Rate now', isNumber: true, cell: (row) => (isUnderWay(row) ? rateText(row.rowsPerSecond) : '–') },
      { title: 'Time left', isNumber: true, cell: (row) => (isUnderWay(row) ? durationText(row.etaSeconds) : '–') },
      { title: 'Ended', cell: ({ endedAt }) => moment(endedAt) },
    ],
  });
}

function dependencyBadge(state: string): Child {
  const words: Readonly<Record<string, readonly [string, 'good' | 'warning' | 'bad']>> = {
    ...{ open: ['answers', 'good'], trying: ['is tried again', 'warning'], shut: ['does not answer', 'bad'] },
    ...{ reachable: ['answers', 'good'], unreachable: ['does not answer', 'bad'] },
  };
  const [word, tone] = words[state] ?? [state, 'warning'];
  return badge(word, tone);
}

function nextOf(schedules: Overview['schedules']): Child {
  const late = schedules.filter(({ isLate }) => isLate).length;
  const next = schedules.filter(({ nextAt }) => nextAt !== null).sort((a, b) => (a.nextAt ?? '').localeCompare(b.nextAt ?? ''))[0];
  return h(
    'div',
    {},
    h('dt', {}, h('a', { href: '#/schedules' }, 'Schedules')),
    h(
      'dd',
      {},
      late > 0 && badge(`${late} late`, 'bad'),
      ' ',
      next === undefined ? 'none is due' : ['next ', next.schedule, ' at ', moment(next.nextAt)],
    ),
  );
}
