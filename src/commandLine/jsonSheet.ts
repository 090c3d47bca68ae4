import type { Json } from '../runtime/jobs/job.ts';
import { table, type Cell } from './table.ts';

type JsonObject = { readonly [name: string]: Json };

/** What a job tells about a run as people read it, a table for each object and list; nothing for a job that tells nothing. */
export function jsonSheet(title: string, told: Json | undefined): readonly string[] {
  if (told === undefined) return [];
  if (isList(told) && told.length > 0 && told.every(isObject)) return [listSheet(told)];
  return isObject(told) ? sheetOf(title, told) : [JSON.stringify(told)];
}

/** Single values as one table, every object and every list of objects as a table of its own. */
function sheetOf(title: string, branch: JsonObject): readonly string[] {
  const entries = Object.entries(branch);
  const single = entries.filter(([, value]) => typeof value !== 'object' || value === null);
  const rows = single.map(([name, value]) => [name, cellOf(value, isAmount(name) || isAmount(title))]);
  const deeper = entries.flatMap(([name, value]) => {
    if (isList(value)) return value.length === 0 ? [] : [listSheet(value)];
    return isObject(value) ? sheetOf(name, value) : [];
  });
  return [...(rows.length === 0 ? [] : [table([title, ''], rows)]), ...deeper];
}

function listSheet(list: readonly Json[]): string {
  const objects = list.filter(isObject);
  const names = Object.keys(objects[0] ?? {});
  const rows = objects.map((object) => names.map((name) => cellOf(object[name] ?? null, isAmount(name))));
  return table(names, rows);
}

/** Amounts travel as decimal text, since JSON numbers would lose digits; they are shown as the numbers they are. */
function isAmount(name: string): boolean {
  return name.endsWith('Minor');
}

function cellOf(value: Json, isNumber: boolean): Cell {
  if (value === null) return undefined;
  if (typeof value === 'string') return isNumber ? BigInt(value) : value;
  return typeof value === 'number' ? value : JSON.stringify(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
