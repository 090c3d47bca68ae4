import type { Place, View } from './view.ts';
import { chapters, overview, pipelines } from './views/index.ts';

export interface Found {
  readonly view: View;
  readonly place: Place;
  /** The path of the menu's entry. */
  readonly chapter: string;
}

/** What an address of this page shows: `#/payments/17?show=parked`. What nobody knows is the overview. */
export function placeOf(hash: string): Found {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', ...parts] = path.split('/');
  const chapter = [...chapters, pipelines].find((one) => one.path === name) ?? overview;
  const part = parts.length === 0 || parts[0] === '' ? undefined : decoded(parts.join('/'));
  const view = part === undefined ? chapter.whole : (chapter.one ?? chapter.whole);
  return { view, place: { part, query: new URLSearchParams(search) }, chapter: chapter === pipelines ? '' : chapter.path };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
