import { describe, expect, it } from 'vitest';
import { foreignSeries } from '../../../grafana/source/foreignSeries.ts';
import { catalogue, type MetricFacts } from '../../../src/metrics/catalogue.ts';
import { createMetrics } from '../../../src/metrics/metrics.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { dashboardQueries, ruleQueries } from '../../support/monitoring.ts';
import { namesOf } from '../../support/promql.ts';

/** What Prometheus adds to every series. */
const ofTheTarget = ['instance', 'job'];

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

describe('the series that are listed as not ours', () => {
  it('are of the process as the client library tells them', async () => {
    const told = new Map(await ofTheProcess());
    const listed = Object.entries<readonly string[]>(foreignSeries).filter(([name]) => /^(process|nodejs)_/.test(name));
    expect(listed).toEqual(listed.map(([name]) => [name, told.get(name)]));
  });
});

describe('the catalogue', () => {
  it('has no label of the name that Prometheus gives to its own, which it would rename', () => {
    const wrong = Object.entries<MetricFacts>(catalogue).filter(([, { labels }]) => labels.some((label) => ofTheTarget.includes(label)));
    expect(wrong).toEqual([]);
  });
});

const series = [...Object.entries<MetricFacts>(catalogue).flatMap(seriesOf), ...Object.entries<readonly string[]>(foreignSeries)];
const known = new Map(series.map(([name, labels]) => [name, [...labels, ...ofTheTarget]]));

describe.each([...dashboardQueries(), ...ruleQueries()].map((query) => [query.where, query] as const))('%s', (_where, query) => {
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
