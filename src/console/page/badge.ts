import { h, svg } from './dom.ts';
import { stateText } from './text.ts';

/** How a state is: each has a colour and a shape of its own. */
export type Tone = 'good' | 'going' | 'warning' | 'bad' | 'idle';

const toneOf: readonly (readonly [RegExp, Tone])[] = [
  [/^(running|completed|done|success|active|sent|open calls|replayed|reachable|deposited|withdrawn|enabled|on time|(.* )?right)$/, 'good'],
  [/(failed|refused|rejected|dead|^shut$|^late$|mismatch|reversed|contradict|wrong)/, 'bad'],
  [
    /(parked|paused|stays off|backing off|stopped|unknown|skipped|missed|disabled|trying|discarded|gone|given back|returned|behind)/,
    'warning',
  ],
  [/(not in this daemon|none|closed|not due)/, 'idle'],
];

/** The tone of a state; what nobody has named is under way. */
export function toneOfState(state: string): Tone {
  const word = stateText(state);
  return toneOf.find(([pattern]) => pattern.test(word))?.[1] ?? 'going';
}

const shapes: Readonly<Record<Tone, () => SVGElement>> = {
  good: () => svg('circle', { cx: 5, cy: 5, r: 4 }),
  going: () => svg('path', { d: 'M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8M5 2.4a2.6 2.6 0 1 0 0 5.2z', 'fill-rule': 'evenodd' }),
  warning: () => svg('path', { d: 'M5 .8 9.6 9.2H.4z' }),
  bad: () => svg('path', { d: 'M2 .8 5 3.8 8 .8 9.2 2 6.2 5l3 3L8 9.2l-3-3-3 3L.8 8l3-3-3-3z' }),
  idle: () => svg('path', { d: 'M1 4h8v2H1z' }),
};

/** A state by a shape and its word: never by colour alone. */
export function badge(state: string | null | undefined, tone?: Tone): HTMLElement | string {
  if (state === null || state === undefined || state === '') return '–';
  const its = tone ?? toneOfState(state);
  const shape = svg('svg', { viewBox: '0 0 10 10', class: 'shape', 'aria-hidden': 'true' }, shapes[its]());
  return h('span', { class: `badge ${its}` }, shape, stateText(state));
}
