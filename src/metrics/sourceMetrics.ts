import type { Counter, Gauge } from 'prom-client';
import { replaceReasons, sourceStates, type SourceStatus } from '../connectors/sourceStatus.ts';
import type { Supervised } from '../runtime/supervise.ts';
import type { MetricName } from './catalogue.ts';

/** The metrics of where pipelines read, written anew at each scrape; nothing of a source that has no broker. */
export class SourceMetrics {
  readonly #counters: Readonly<Record<'assignments' | 'replaced' | 'removed', Counter>>;
  readonly #gauges: Readonly<Record<'state' | 'held' | 'silence', Gauge>>;

  constructor(counter: (name: MetricName) => Counter, gauge: (name: MetricName) => Gauge) {
    this.#counters = {
      assignments: counter('weir_source_assignments_total'),
      replaced: counter('weir_source_readers_replaced_total'),
      removed: counter('weir_source_removed_messages_total'),
    };
    this.#gauges = {
      state: gauge('weir_source_state'),
      held: gauge('weir_source_partition_held'),
      silence: gauge('weir_source_partition_silence_seconds'),
    };
  }

  refresh(pipelines: readonly Pick<Supervised, 'name' | 'source'>[]): void {
    for (const metric of [...Object.values(this.#counters), ...Object.values(this.#gauges)]) metric.reset();
    for (const { name, source } of pipelines.map((pipeline) => ({ name: pipeline.name, source: pipeline.source() }))) {
      if (source !== undefined) this.#write(name, source);
    }
  }

  #write(pipeline: string, { state, partitions, assignments, replaced, removed }: SourceStatus): void {
    for (const each of sourceStates) this.#gauges.state.set({ pipeline, state: each }, state === each ? 1 : 0);
    for (const { number, isHeld, silentMs } of partitions) {
      this.#gauges.held.set({ pipeline, partition: number }, isHeld ? 1 : 0);
      if (isHeld) this.#gauges.silence.set({ pipeline, partition: number }, silentMs / 1_000);
    }
    this.#counters.assignments.inc({ pipeline }, assignments);
    for (const reason of replaceReasons) this.#counters.replaced.inc({ pipeline, reason }, replaced[reason]);
    this.#counters.removed.inc({ pipeline }, removed);
  }
}
