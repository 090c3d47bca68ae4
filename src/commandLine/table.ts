/** A number of any length, in decimal digits. */
export interface DecimalCell {
  readonly decimal: string;
}

/** A cell of a table; numbers, bigints and decimals stand on the right and get thousands separators. */
export type Cell = string | number | bigint | DecimalCell | undefined;

/** Renders rows as a table for people: one line a row, columns aligned, a rule under the head. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(text));
  const widths = head.map((title, column) => Math.max(displayWidth(title), ...texts.map((row) => displayWidth(row[column] ?? ''))));
  const isRight = head.map((_, column) => rows.some((row) => !['string', 'undefined'].includes(typeof row[column])));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, isRight[column] ?? false))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...texts.map(line)].join('\n');
}

function text(cell: Cell): string {
  if (cell === undefined) return '–';
  if (typeof cell === 'object') return cell.decimal.replace(/\d+/, (whole) => BigInt(whole).toLocaleString('en-US'));
  return typeof cell === 'string' ? cell : cell.toLocaleString('en-US');
}

function pad(cell: string, width: number, isRight: boolean): string {
  const gap = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return isRight ? gap + cell : cell + gap;
}

/** Columns that a text takes in a terminal: Hangul, CJK and full-width forms take two. */
function displayWidth(cell: string): number {
  let width = 0;
  for (const character of cell)
    width += /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character)
      ? 2
      : 1;
  return width;
}
