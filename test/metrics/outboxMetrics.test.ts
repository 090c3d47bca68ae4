import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { realClock } from '../../src/runtime/clock.ts';

describe('the metrics of outboxes', () => {
  it('tell at each scrape how they stand then, and what was published and failed from the first look on', async () => {
    const metrics = createMetrics(realClock);
    metrics.outboxes.published('payments', 'payment.succeeded', 0);
    metrics.outboxes.failed('payments', 'payment.succeeded', 0);
    metrics.watchOutboxes(() => Promise.resolve([{ outbox: 'payments', messages: 3, oldestSeconds: 1.5 }]));
    const first = (await metrics.scrape()).text;
    expect(first).toContain('weir_outbox_published_total{outbox="payments",topic="payment.succeeded"} 0');
    expect(first).toContain('weir_outbox_failures_total{outbox="payments",topic="payment.succeeded"} 0');
    expect(first).toContain('weir_outbox_messages{outbox="payments"} 3');
    expect(first).toContain('weir_outbox_oldest_seconds{outbox="payments"} 1.5');
    metrics.outboxes.published('payments', 'payment.succeeded', 7);
    metrics.outboxes.failed('payments', 'payment.succeeded', 1);
    const second = (await metrics.scrape()).text;
    expect(second).toContain('weir_outbox_published_total{outbox="payments",topic="payment.succeeded"} 7');
    expect(second).toContain('weir_outbox_failures_total{outbox="payments",topic="payment.succeeded"} 1');
  });

  it('leave out how they stand when nobody can tell', async () => {
    const metrics = createMetrics(realClock);
    metrics.watchOutboxes(() => Promise.resolve([{ outbox: 'payments', messages: 3, oldestSeconds: 1.5 }]));
    await metrics.scrape();
    metrics.watchOutboxes(() => Promise.reject(new Error('away')));
    expect((await metrics.scrape()).text).not.toMatch(/^weir_outbox_(messages|oldest_seconds)\{/m);
  });
});
