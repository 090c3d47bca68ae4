import { beforeAll, describe, expect, it } from 'vitest';
import { catalogue, type MetricFacts } from '../../../src/metrics/catalogue.ts';
import { createMetrics } from '../../../src/metrics/metrics.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { dashboardQueries, ruleQueries } from '../../support/monitoring.ts';
import { namesOf } from '../../support/promql.ts';

/** What Prometheus itself adds. */
const ofTheTarget = ['instance', 'job'];
const ofPrometheus: readonly (readonly [string, readonly string[]])[] = [
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate', 'severity', 'pipeline', 'schedule', 'outbox', 'method', 'reason', 'account', 'state', 'step']],
];

/** The series of a metric of the catalogue, each with its labels. */
function seriesOf([name, { type, labels }]: readonly [string, MetricFacts]): readonly (readonly [string, readonly string[]])[] {
  if (type !== 'histogram') return [[name, labels]];
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];
}

/** The series that the client library gives of the process, from a scrape. */
async function ofTheProcess(): Promise<readonly (readonly [string, readonly string[]])[]> {
  const { text } = await createMetrics(realClock).scrape();
  const samples = [...text.matchAll(/^((?:process|nodejs)_\w+)(?:\{(.*)\})? /gm)];
  return samples.map(([, name = '', labels = '']) => [name, [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)]);
}

describe('the catalogue', () => {
  it('has no label of the name that Prometheus gives to its own, which it would rename', () => {
    const wrong = Object.entries<MetricFacts>(catalogue).filter(([, { labels }]) => labels.some((label) => ofTheTarget.includes(label)));
    expect(wrong).toEqual([]);
  });
});

describe.each([...dashboardQueries(), ...ruleQueries()].map((query) => [query.where, query] as const))('%s', (_where, query) => {
  let known: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    const series = [...Object.entries<MetricFacts>(catalogue).flatMap(seriesOf), ...ofPrometheus, ...(await ofTheProcess())];
    known = new Map(series.map(([name, labels]) => [name, [...labels, ...ofTheTarget]]));
  });

  const { metrics, groupings } = namesOf(query.expression);

  it('asks for metrics that there are', () => {
    expect(metrics).not.toEqual([]);
    expect(metrics.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });

  it('matches, groups and names by labels that they have', () => {
    const wrong = metrics.flatMap(({ name, labels }) => labels.filter((label) => known.get(name)?.includes(label) !== true));
    expect(wrong).toEqual([]);
    const all = new Set(metrics.flatMap(({ name }) => known.get(name) ?? []));
    expect([...groupings, ...query.named].filter((label) => !all.has(label))).toEqual([]);
  });
});
