import { h, type Child } from './dom.ts';
import { countText } from './text.ts';

/** How far something has come: a bar where its end is known, and the numbers. */
export function progressOf({ rowsRead, total }: { readonly rowsRead: number | null; readonly total: number | null }): Child {
  if (rowsRead === null) return '–';
  if (total === null || total === 0) return countText(rowsRead);
  const told = `${countText(rowsRead)} of ${countText(total)}`;
  return h(
    'span',
    { class: 'progress' },
    h('progress', { value: Math.min(rowsRead, total), max: total, 'aria-label': told }),
    h('span', {}, told),
  );
}
