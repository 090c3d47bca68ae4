/** What a spreadsheet takes for the beginning of a formula, its full-width forms included. */
const formula = /^[=+\-@\t\r＝＋－＠]/;

/**
 * A line of CSV (RFC 4180), its end included. Text that a spreadsheet would read as a formula gets an apostrophe in front, so that nobody
 * who opens the file runs what others wrote into it; numbers are written as they are, null as nothing.
 */
export function csvLine(cells: readonly (string | bigint | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(cell: string | bigint | null): string {
  if (typeof cell !== 'string') return cell === null ? '' : cell.toString();
  const text = formula.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
