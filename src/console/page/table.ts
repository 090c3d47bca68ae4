import { h, type Child } from './dom.ts';

export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => Child;
  /** Numbers stand to the right, digit under digit. */
  readonly isNumber?: boolean;
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
  const head = columns.map(({ title, isNumber }) => h('th', { scope: 'col', class: isNumber === true ? 'number' : undefined }, title));
  const body = rows.map((row) =>
    h(
      'tr',
      { 'data-key': keyOf?.(row) },
      columns.map(({ title, cell, isNumber }, at) =>
        at === 0
          ? h('th', { scope: 'row' }, cell(row))
          : h('td', { class: isNumber === true ? 'number' : undefined, 'data-label': title }, cell(row)),
      ),
    ),
  );
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', {}, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, body)),
  );
}
