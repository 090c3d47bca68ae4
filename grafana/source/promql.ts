// The few shapes that every expression of a panel is made of.
import type { SeriesName } from './seriesName.ts';

/** The series of a metric, those alone that match: `series('weir_pipeline_lag', 'pipeline="a"')`. */
export function series(name: SeriesName, matchers = ''): string {
  return matchers === '' ? name : `${name}{${matchers}}`;
}

/** How much a counter rises a second, over a time that holds at least four scrapes. */
export function perSecond(vector: string): string {
  return `rate(${vector}[$__rate_interval])`;
}

/** By how much a counter rises between two points of a graph, or over a time. */
export function rise(vector: string, over = '$__rate_interval'): string {
  return `increase(${vector}[${over}])`;
}

/** One number for each set of these labels; without labels, one for all. */
export function each(aggregate: 'sum' | 'max' | 'min' | 'count', labels: string, vector: string): string {
  return labels === '' ? `${aggregate}(${vector})` : `${aggregate} by (${labels}) (${vector})`;
}

/** What holds beside a number that may be of no series: 0 instead of no answer. */
export function orZero(vector: string): string {
  return `${vector} or vector(0)`;
}
