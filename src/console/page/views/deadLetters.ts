import { actionButton } from '../actionButton.ts';
import { ask } from '../api.ts';
import { badge } from '../badge.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { moment } from '../moment.ts';
import { progressOf } from '../progress.ts';
import { table } from '../table.ts';
import { countText, rateText } from '../text.ts';
import { addressOf, type View } from '../view.ts';

/** Dead letters of one place and one reason, as `dead-letters.list` counts them. */
export interface LetterGroup {
  readonly topic: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly code: string;
  readonly open: number;
  readonly replaying: number;
  readonly replayed: number;
  readonly discarded: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly upTo: string;
}

interface Replay {
  readonly replay: string;
  readonly topic: string;
  readonly state: string;
  readonly selected: number;
  readonly replayed: number;
  readonly refused: number;
  readonly gone: number;
  readonly perSecond: number;
  readonly actor: string;
  readonly begunAt: string;
  readonly finishedAt: string | null;
}

/** What was counted last. To count is to read every dead letter: it is done anew by a step of whoever looks, and not by a tick. */
let counted: readonly LetterGroup[] | undefined;

/** What was put aside, by where and why; replay and discard of what was counted, and how replays stand, live. */
export const deadLettersView: View = {
  isLive: true,
  look: async (desk, _, isAgain) => {
    const groups = (isAgain ? counted : undefined) ?? (await ask<{ groups: readonly LetterGroup[] }>('dead-letters.list')).groups;
    counted = groups;
    const replays = await ask<readonly Replay[]>('dead-letters.progress');
    return {
      title: 'Dead letters',
      body: [
        h('div', { class: 'actions' }, h('button', { type: 'button', onclick: () => void desk.refresh() }, 'Count again')),
        groupTable(desk, groups, 'No dead letters. Nothing was put aside.'),
        h('section', {}, h('h2', {}, 'Replays'), replayTable(replays)),
      ],
    };
  },
};

/** Groups with what can be done about each. */
export function groupTable(desk: Desk, groups: readonly LetterGroup[], empty: string): HTMLElement {
  return table<LetterGroup>({
    caption: 'Dead letters by where and why they were put aside',
    rows: [...groups].sort((a, b) => b.open - a.open),
    keyOf: ({ topic, pipeline, stage, code }) => JSON.stringify([topic, pipeline, stage, code]),
    empty,
    columns: [
      { title: 'Pipeline', cell: (group) => h('a', { href: topicAddress(group) }, group.pipeline) },
      { title: 'Stage', cell: ({ stage }) => stage },
      { title: 'Error', cell: ({ code }) => code },
      { title: 'Open', isNumber: true, cell: ({ open }) => (open > 0 ? h('strong', {}, countText(open)) : '0') },
      { title: 'Replayed', isNumber: true, cell: ({ replayed, replaying }) => countText(replayed + replaying) },
      { title: 'Discarded', isNumber: true, cell: ({ discarded }) => countText(discarded) },
      { title: 'First', cell: ({ firstAt }) => moment(firstAt) },
      { title: 'Last', cell: ({ lastAt }) => moment(lastAt) },
      { title: 'Do', isWide: true, cell: (group) => actionsOf(desk, group) },
    ],
  });
}

function topicAddress({ topic, pipeline, stage, code }: LetterGroup): string {
  return addressOf(['dead-letters', topic], { pipeline, stage, code });
}

function actionsOf(desk: Desk, { topic, pipeline, stage, code, upTo, open }: LetterGroup): Child {
  // What comes after the counting is not meant: the number and the newest position say so.
  const fixed = { topic, pipeline, stage, code, upTo, expect: open };
  const unless = open === 0 ? 'none is open' : undefined;
  const without = ['position'];
  return h(
    'div',
    { class: 'row-actions' },
    actionButton(desk, 'dead-letters.replay', 'Replay', { fixed, unless, without }),
    actionButton(desk, 'dead-letters.discard', 'Discard', { fixed, unless, without, isGrave: true }),
  );
}

function replayTable(rows: readonly Replay[]): HTMLElement {
  return table<Replay>({
    caption: 'Replays',
    rows,
    keyOf: ({ replay }) => replay,
    empty: 'No replay yet.',
    columns: [
      { title: 'Replay', cell: ({ replay, topic }) => `${replay} of ${topic}` },
      { title: 'State', cell: ({ state }) => badge(state) },
      {
        title: 'Published',
        isNumber: true,
        cell: ({ replayed, refused, gone, selected }) => progressOf({ rowsRead: replayed + refused + gone, total: selected }),
      },
      { title: 'Refused', isNumber: true, cell: ({ refused }) => countText(refused) },
      { title: 'Trimmed away', isNumber: true, cell: ({ gone }) => countText(gone) },
      { title: 'At most', isNumber: true, cell: ({ perSecond }) => rateText(perSecond) },
      { title: 'By', cell: ({ actor }) => actor },
      { title: 'Began', cell: ({ begunAt }) => moment(begunAt) },
      { title: 'Ended', cell: ({ finishedAt }) => moment(finishedAt) },
    ],
  });
}
