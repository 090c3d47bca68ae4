import type { Json } from '../runtime/jobs/job.ts';
import { textWithInstant } from './instantText.ts';
import { table, type Cell } from './table.ts';

type JsonObject = { readonly [name: string]: Json };

/**
 * What a job or a route tells, as people read it: single values as one table, every list as a table of its own under its name.
 * Lists within the rows of a list become one table for all its rows, which begins with the first column of the row that each
 * belongs to. Nothing for what tells nothing.
 */
export function jsonSheet(title: string, told: Json | undefined): readonly string[] {
  if (told === undefined) return [];
  if (isList(told)) return listSheets(title, told);
  return isObject(told) ? objectSheets(title, told) : [table([title], [[cellOf(told, isAmount(title))]])];
}

/** Single values as one table, every object and every list as tables of their own. */
function objectSheets(title: string, branch: JsonObject): readonly string[] {
  const entries = Object.entries(branch);
  const single = entries.filter(([, value]) => typeof value !== 'object' || value === null);
  const rows = single.map(([name, value]) => [name, cellOf(value, isAmount(name) || isAmount(title))]);
  const deeper = entries.flatMap(([name, value]) => {
    if (isList(value)) return headed(name, listSheets(name, value));
    return isObject(value) ? objectSheets(name, value) : [];
  });
  return [...(rows.length === 0 ? [] : [table([title, ''], rows)]), ...deeper];
}

function listSheets(title: string, list: readonly Json[]): readonly string[] {
  if (list.length === 0) return [];
  if (!list.every(isObject))
    return [
      table(
        [title],
        list.map((value) => [cellOf(value, isAmount(title))]),
      ),
    ];
  const names = [...new Set(list.flatMap((row) => Object.keys(row)))];
  const isNested = (name: string): boolean => list.every((row) => row[name] === undefined || isListOfObjects(row[name]));
  const shown = names.filter((name) => !isNested(name));
  const rows = list.map((row) => shown.map((name) => cellOf(row[name] ?? null, isAmount(name))));
  const nested = names.filter(isNested).flatMap((name) => headed(name, listSheets(name, childrenOf(list, name))));
  return [table(shown, rows), ...nested];
}

/** The rows of a list within rows, each with what names the row that it is of, where there are several. */
function childrenOf(list: readonly JsonObject[], name: string): readonly Json[] {
  return list.flatMap((row) => {
    const [first = ''] = Object.keys(row);
    const children = row[name];
    if (children === undefined || !isListOfObjects(children)) return [];
    return list.length === 1 ? children : children.map((child) => ({ [first]: row[first] ?? null, ...child }));
  });
}

/** A list of single values needs no heading: its only column has its name. */
function headed(name: string, sheets: readonly string[]): readonly string[] {
  const [first, ...rest] = sheets;
  if (first === undefined) return [];
  return first.split('\n', 1)[0] === name ? sheets : [`${name}:\n${first}`, ...rest];
}

/** Amounts travel as decimal text, since JSON numbers would lose digits; they are shown as the numbers they are. */
function isAmount(name: string): boolean {
  return name.endsWith('Minor') || name.endsWith('Decimal');
}

function cellOf(value: Json, isNumber: boolean): Cell {
  if (value === null) return undefined;
  if (typeof value === 'string') return isNumber ? { decimal: value } : textWithInstant(value);
  return typeof value === 'number' ? value : partText(value);
}

/** What has parts, in one cell: `pipeline: billing.deliver, rate: 50`. */
function partText(value: Json): string {
  if (isList(value)) return value.map(partText).join(', ');
  if (!isObject(value)) return typeof value === 'string' ? textWithInstant(value) : JSON.stringify(value);
  const parts = Object.entries(value).map(([name, part]) => `${name}: ${partText(part)}`);
  return parts.join(', ');
}

function isListOfObjects(value: Json | undefined): value is readonly JsonObject[] {
  return value !== undefined && isList(value) && value.every(isObject);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
