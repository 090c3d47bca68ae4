import { actionButton } from '../actionButton.ts';
import { ask, type Sheet } from '../api.ts';
import { badge } from '../badge.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { paging } from '../filters.ts';
import { moment } from '../moment.ts';
import { sheet } from '../sheet.ts';
import { table } from '../table.ts';
import { countText } from '../text.ts';
import { addressOf, type Place, type View } from '../view.ts';
import { groupTable, type LetterGroup } from './deadLetters.ts';

interface LetterRow {
  readonly position: string;
  readonly state: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly code: string;
  readonly attempts: number | null;
  readonly diedAt: string | null;
}

interface Letter extends Sheet {
  readonly position: string;
  readonly state: string;
}

/** Dead letters on one page. */
const pageSize = 20;

const chosenBy = ['pipeline', 'stage', 'code'] as const;

/** Dead letters of one topic, or of one group of it; one of them with its content, personal data masked. */
export const deadLetterTopicView: View = {
  look: async (desk, place) => {
    const topic = place.part ?? '';
    const chosen = Object.fromEntries(chosenBy.flatMap((name) => (place.query.has(name) ? [[name, place.query.get(name)]] : [])));
    const position = place.query.get('position');
    const after = place.query.get('after') ?? undefined;
    const listed = ask<{ groups: readonly LetterGroup[]; letters: readonly LetterRow[] }>('dead-letters.list', {
      ...{ topic, ...chosen, after, limit: pageSize },
    });
    const shown = position === null ? undefined : ask<Letter>('dead-letters.show', { topic, position });
    const [{ groups, letters }, letter] = await Promise.all([listed, shown]);
    return {
      title: `Dead letters of ${topic}`,
      body: [
        h('p', {}, h('a', { href: '#/dead-letters' }, 'All dead letters')),
        letter !== undefined && one(desk, topic, letter),
        h(
          'section',
          {},
          h('h2', {}, 'By where and why they were put aside'),
          groupTable(desk, groups, 'No dead letters of this kind. They were never there, or were trimmed away.'),
        ),
        h('section', {}, h('h2', {}, 'Open ones, the newest first'), letterTable(place, letters)),
        paging(['dead-letters', topic], place, letters.length < pageSize ? null : (letters.at(-1)?.position ?? null)),
      ],
    };
  },
};

function one(desk: Desk, topic: string, letter: Letter): Child {
  const { position, state } = letter;
  const unless = state === 'OPEN' || state === 'REFUSED' ? undefined : 'it is not open';
  const fixed = { topic, position };
  // They choose several: this is one.
  const without = [...chosenBy, 'upTo', 'expect', 'rate', 'cap'];
  return h(
    'section',
    { class: 'detail' },
    h('h2', {}, `Dead letter ${position}`),
    h(
      'div',
      { class: 'actions' },
      actionButton(desk, 'dead-letters.replay', 'Replay this one', { fixed, unless, without }),
      actionButton(desk, 'dead-letters.discard', 'Discard this one', { fixed, unless, without, isGrave: true }),
    ),
    sheet(letter, { without: ['position'] }),
  );
}

function letterTable(place: Place, rows: readonly LetterRow[]): HTMLElement {
  const query = Object.fromEntries(place.query);
  return table<LetterRow>({
    caption: 'Open dead letters',
    rows,
    keyOf: ({ position }) => position,
    empty: 'None is open.',
    columns: [
      {
        title: 'Position',
        cell: ({ position }) => h('a', { href: addressOf(['dead-letters', place.part ?? ''], { ...query, position }) }, position),
      },
      { title: 'State', cell: ({ state }) => badge(state) },
      { title: 'Pipeline', cell: ({ pipeline }) => pipeline },
      { title: 'Stage', cell: ({ stage }) => stage },
      { title: 'Error', cell: ({ code }) => code },
      { title: 'Attempts', isNumber: true, cell: ({ attempts }) => countText(attempts) },
      { title: 'Put aside', cell: ({ diedAt }) => moment(diedAt) },
    ],
  });
}
