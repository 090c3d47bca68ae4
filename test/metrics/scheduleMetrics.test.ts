import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { virtualClock } from '../../src/runtime/virtualClock.ts';

describe('the metrics of schedules', () => {
  it('tell at each scrape how late a schedule is then, and misses from the first look on', async () => {
    const clock = virtualClock(new Date('2026-11-01T00:00:00Z'));
    const metrics = createMetrics(clock);
    metrics.schedules.lateSince('billing.settle', new Date('2026-11-01T00:01:00Z'));
    metrics.schedules.lateSince('billing.dispatch', undefined);
    const first = (await metrics.scrape()).text;
    expect(first).toContain('weir_schedule_misses_total{schedule="billing.settle"} 0');
    expect(first).toContain('weir_schedule_late_seconds{schedule="billing.settle"} 0');
    expect(first).toContain('weir_schedule_late_seconds{schedule="billing.dispatch"} 0');
    metrics.schedules.paused('billing.settle', undefined, 0);
    metrics.schedules.paused('billing.dispatch', new Date('2026-10-31T23:59:30Z'), 2);
    metrics.schedules.off('billing.settle', true);
    metrics.schedules.off('billing.dispatch', false);
    await clock.advance(90_000);
    metrics.schedules.missed('billing.settle', 3);
    const second = (await metrics.scrape()).text;
    expect(second).toContain('weir_schedule_misses_total{schedule="billing.settle"} 3');
    expect(second).toContain('weir_schedule_late_seconds{schedule="billing.settle"} 30');
    expect(second).toContain('weir_schedule_paused_seconds{schedule="billing.settle"} 0');
    expect(second).toContain('weir_schedule_paused_seconds{schedule="billing.dispatch"} 120');
    expect(second).toContain('weir_schedule_swallowed_fires{schedule="billing.dispatch"} 2');
    expect(second).toContain('weir_schedule_off{schedule="billing.settle"} 1');
    expect(second).toContain('weir_schedule_off{schedule="billing.dispatch"} 0');
    metrics.schedules.off('billing.settle', false);
    expect((await metrics.scrape()).text).toContain('weir_schedule_off{schedule="billing.settle"} 0');
  });
});
