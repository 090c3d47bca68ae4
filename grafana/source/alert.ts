import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { SeriesName } from './seriesName.ts';

/** What a panel takes from an alert rule, so that both say the same. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, '..', '..', 'config', 'prometheus', 'alerts.yml');
const { groups } = parse(readFileSync(file, 'utf8')) as { readonly groups: readonly { readonly rules: readonly AlertRule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** The rule of that name; throws where there is none. */
export function alertRule(name: string): AlertRule {
  const rule = rules.find(({ alert }) => alert === name);
  if (rule === undefined) throw new Error(`There is no alert ${name}.`);
  return rule;
}

/** The number that an alert compares a series with: the first one after the series' name, or a product of two. Throws where it compares none. */
export function limitOf(name: string, series: SeriesName): number {
  const [, ...rest] = alertRule(name).expr.split(series);
  const [, limit, factor = '1'] = /[<>]=?\s*(\d+(?:\.\d+)?)(?: \* (\d+))?/.exec(rest.join(series)) ?? [];
  if (limit === undefined) throw new Error(`${name} compares ${series} with no number.`);
  return Number(limit) * Number(factor);
}
