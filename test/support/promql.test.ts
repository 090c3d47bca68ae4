import { describe, expect, it } from 'vitest';
import { namesOf } from './promql.ts';

describe('namesOf', () => {
  it.each([
    ['up', [['up', []]], []],
    ['sum by (pipeline) (rate(a_total{outcome!="done",x=~"y{z}"}[5m])) > 0', [['a_total', ['outcome', 'x']]], ['pipeline']],
    ['histogram_quantile(0.99, sum(rate(b_bucket[$__rate_interval])) by (le, stage))', [['b_bucket', []]], ['le', 'stage']],
    [
      'a{k="v"} offset 5m unless on (k) b or c * 2.5 > bool 1',
      [
        ['a', ['k']],
        ['b', []],
        ['c', []],
      ],
      ['k'],
    ],
    [
      'a / ignoring (x) group_left (y) b # not this',
      [
        ['a', []],
        ['b', []],
      ],
      ['x', 'y'],
    ],
    ["label_replace(a, 'to', '$1', 'from', '(.*)')", [['a', []]], []],
  ])('reads %s', (expression, metrics, groupings) => {
    expect(namesOf(expression)).toEqual({ metrics: metrics.map(([name, labels]) => ({ name, labels })), groupings });
  });
});
