import { decimalText, type Decimal } from './decimal.ts';

/** What a cell holds: text, a number, or nothing. */
type CsvCell = string | bigint | Decimal | null;

/** What a spreadsheet takes for the beginning of a formula, its full-width forms included. */
const formula = /^[=+\-@\t\r＝＋－＠]/;

/**
 * A line of CSV (RFC 4180), its end included. Text that a spreadsheet would read as a formula gets an apostrophe in front, so that nobody
 * who opens the file runs what others wrote into it; numbers are written as they are, null as nothing.
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return typeof cell === 'bigint' ? cell.toString() : decimalText(cell);
  const text = formula.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
