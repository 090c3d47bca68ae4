import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { SourceStatus } from '../../src/connectors/sourceStatus.ts';
import { catalogue, type MetricName } from '../../src/metrics/catalogue.ts';
import { SourceMetrics } from '../../src/metrics/sourceMetrics.ts';

const noneReplaced = { silent: 0, silentFetch: 0, silentHeartbeat: 0, lost: 0, refused: 0 };

function aStatus(over: Partial<SourceStatus> = {}): SourceStatus {
  return { state: 'reading', sinceMs: 0, reason: '', partitions: [], assignments: 0, replaced: noneReplaced, removed: 0, ...over };
}

/** The series, by name and labels, that a scrape shows of pipelines with these sources. */
async function shown(...scrapes: readonly Readonly<Record<string, SourceStatus | undefined>>[]): Promise<ReadonlyMap<string, number>> {
  const registers = [new Registry()];
  const declared = (name: MetricName) => ({ name, help: name, labelNames: [...catalogue[name].labels], registers });
  const metrics = new SourceMetrics(
    (name) => new Counter(declared(name)),
    (name) => new Gauge(declared(name)),
  );
  for (const sources of scrapes) metrics.refresh(Object.entries(sources).map(([name, source]) => ({ name, source: () => source })));
  const lines = (await registers[0]?.metrics())?.split('\n').filter((line) => line.startsWith('weir_')) ?? [];
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe('the metrics of sources', () => {
  it('show the state, and of each partition whether it is held, and how long it has been silent where it is', async () => {
    const partitions = [
      { number: 0, isHeld: true, silentMs: 1_500 },
      { number: 1, isHeld: false, silentMs: 0 },
    ];
    const series = await shown({ deliver: aStatus({ partitions }) });
    expect(series.get('weir_source_state{pipeline="deliver",state="reading"}')).toBe(1);
    expect(series.get('weir_source_state{pipeline="deliver",state="away"}')).toBe(0);
    expect(series.get('weir_source_partition_held{pipeline="deliver",partition="0"}')).toBe(1);
    expect(series.get('weir_source_partition_held{pipeline="deliver",partition="1"}')).toBe(0);
    expect(series.get('weir_source_partition_silence_seconds{pipeline="deliver",partition="0"}')).toBe(1.5);
    expect(series.has('weir_source_partition_silence_seconds{pipeline="deliver",partition="1"}')).toBe(false);
  });

  it('count from the first scrape on, so that the first rise is seen as one, and never twice', async () => {
    const none = await shown({ deliver: aStatus() });
    for (const reason of Object.keys(noneReplaced)) {
      expect(none.get(`weir_source_readers_replaced_total{pipeline="deliver",reason="${reason}"}`)).toBe(0);
    }
    expect(none.get('weir_source_removed_messages_total{pipeline="deliver"}')).toBe(0);
    const status = aStatus({ assignments: 4, removed: 30, replaced: { ...noneReplaced, lost: 2 } });
    const series = await shown({ deliver: status }, { deliver: status });
    expect(series.get('weir_source_assignments_total{pipeline="deliver"}')).toBe(4);
    expect(series.get('weir_source_removed_messages_total{pipeline="deliver"}')).toBe(30);
    expect(series.get('weir_source_readers_replaced_total{pipeline="deliver",reason="lost"}')).toBe(2);
  });

  it('tell nothing of a source that has no broker, nor of a partition that is there no more', async () => {
    const held = { partitions: [{ number: 7, isHeld: true, silentMs: 0 }] };
    const series = await shown({ deliver: aStatus(held), rows: undefined }, { deliver: aStatus(), rows: undefined });
    expect([...series.keys()].filter((name) => name.includes('rows') || name.includes('7'))).toEqual([]);
  });
});
