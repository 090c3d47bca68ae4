import { describe, expect, it } from 'vitest';
import { each, orZero, perSecond, rise, series } from '../../../grafana/source/promql.ts';

describe('an expression', () => {
  it('is made of series, what becomes of them, and what they are grouped by', () => {
    const dead = series('weir_pipeline_messages_total', 'outcome="dead"');
    expect(each('sum', 'pipeline', perSecond(dead))).toBe(
      'sum by (pipeline) (rate(weir_pipeline_messages_total{outcome="dead"}[$__rate_interval]))',
    );
    expect(orZero(each('max', '', rise(dead, '24h')))).toBe(
      'max(increase(weir_pipeline_messages_total{outcome="dead"}[24h])) or vector(0)',
    );
  });

  it('names no metric that the catalogue has not, nor a histogram without saying which of its series', () => {
    // @ts-expect-error a renamed metric stops here
    expect(series('weir_pipeline_backlog')).toBe('weir_pipeline_backlog');
    // @ts-expect-error Prometheus has no series of that name
    expect(series('weir_pipeline_stage_seconds')).toBe('weir_pipeline_stage_seconds');
    expect(series('weir_pipeline_stage_seconds_bucket')).toBe('weir_pipeline_stage_seconds_bucket');
  });
});
