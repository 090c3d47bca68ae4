import { h, type Child } from './dom.ts';
import { countText } from './text.ts';

interface Progress {
  readonly rowsRead?: number | null;
  readonly total?: number | null;
}

/** How far something has come: a bar where its end is known, and the numbers. */
export function progressOf({ rowsRead, total }: Progress): Child {
  if (rowsRead === null || rowsRead === undefined) return '–';
  if (total === null || total === undefined || total === 0) return countText(rowsRead);
  const told = `${countText(rowsRead)} of ${countText(total)}`;
  return h(
    'span',
    { class: 'progress' },
    h('progress', { value: Math.min(rowsRead, total), max: total, 'aria-label': told }),
    h('span', {}, told),
  );
}

/** Whether a run still has a rate and a time that is left. */
export function isUnderWay({ endedAt }: { readonly endedAt?: string | null }): boolean {
  return endedAt === null;
}
