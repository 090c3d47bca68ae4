import { h, type Child } from './dom.ts';

export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => Child;
  /** Numbers stand to the right, digit under digit. */
  readonly isNumber?: boolean;
  /** Takes the whole width of a card. */
  readonly isWide?: boolean;
}

export interface TableParts<R> {
  /** For those who do not see it, and as its name. */
  readonly caption: string;
  /** The first names the row. */
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf?: (row: R) => string;
  /** What it means that there is no row. */
  readonly empty: string;
}

/** Rows under titles; on a narrow screen each row is a card of its own. */
export function table<R>({ caption, columns, rows, keyOf, empty }: TableParts<R>): HTMLElement {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty);
  const head = columns.map(({ title, isNumber }, at) =>
    h('th', { scope: 'col', class: isNumber === true && at > 0 ? 'number' : undefined }, title),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      { 'data-key': keyOf?.(row) },
      columns.map((column, at) => (at === 0 ? h('th', { scope: 'row' }, column.cell(row)) : cellOf(column, row))),
    ),
  );
  return h(
    'div',
    { class: 'scroll' },
    h('table', {}, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, body)),
  );
}

/** A value under its title. What is not known takes no room of a card. */
function cellOf<R>({ title, cell, isNumber = false, isWide = false }: Column<R>, row: R): HTMLElement {
  const content = cell(row);
  const classes = [isNumber && 'number', isWide && 'wide', content === '–' && 'none'].filter((one) => one !== false);
  return h('td', { class: classes.join(' ') || undefined, 'data-label': title }, content);
}
