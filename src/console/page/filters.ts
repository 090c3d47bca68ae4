import { h } from './dom.ts';
import { addressOf, type Place } from './view.ts';

/** Which rows are listed, as links: the one that holds is marked. Each is a flag in the address, the first none. */
export function filters(path: string, place: Place, choices: readonly (readonly [flag: string, title: string])[]): HTMLElement {
  const chosen = place.query.get('show') ?? '';
  return h(
    'nav',
    { class: 'filters', 'aria-label': 'Which are listed' },
    choices.map(([flag, title]) =>
      h(
        'a',
        { href: addressOf([path], { show: flag }), 'aria-current': flag === chosen ? 'true' : undefined, 'data-key': flag || 'all' },
        title,
      ),
    ),
  );
}

/** The flags of a list's question that the address asks for. */
export function flagsOf(place: Place, known: readonly string[]): Readonly<Record<string, true>> {
  const chosen = place.query.get('show') ?? '';
  return known.includes(chosen) ? { [chosen]: true } : {};
}

/** Ways to the next page, and back to the first. */
export function paging(path: readonly string[], place: Place, next: string | null, name = 'after'): HTMLElement | null {
  const query = Object.fromEntries(place.query);
  const { [name]: at, ...first } = query;
  if (next === null && at === undefined) return null;
  return h(
    'nav',
    { class: 'paging', 'aria-label': 'Pages' },
    at !== undefined && h('a', { href: addressOf(path, first) }, 'First page'),
    next !== null && h('a', { href: addressOf(path, { ...query, [name]: next }) }, 'Next page'),
  );
}
