import type { Counter, Gauge } from 'prom-client';
import type { RelayMeter } from '../runtime/outbox/runRelays.ts';
import type { OutboxStanding } from '../runtime/outbox/standings.ts';
import type { MetricName } from './catalogue.ts';

/** The metrics of outboxes; `write` writes the answer to how they stand, and leaves out what nobody can tell. */
export function outboxMetrics(
  counter: (name: MetricName) => Counter,
  gauge: (name: MetricName) => Gauge,
): { readonly meter: RelayMeter; write(standings: readonly OutboxStanding[] | undefined): void } {
  const [published, failures] = [counter('weir_outbox_published_total'), counter('weir_outbox_failures_total')];
  const [messages, oldest] = [gauge('weir_outbox_messages'), gauge('weir_outbox_oldest_seconds')];
  return {
    meter: {
      published: (outbox, topic, count) => published.inc({ outbox, topic }, count),
      failed: (outbox, topic, count) => failures.inc({ outbox, topic }, count),
    },
    write(standings) {
      for (const metric of [messages, oldest]) metric.reset();
      for (const { outbox, messages: waiting, oldestSeconds } of standings ?? []) {
        messages.set({ outbox }, waiting);
        oldest.set({ outbox }, oldestSeconds);
      }
    },
  };
}
