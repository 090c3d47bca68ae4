import type { Counter, Gauge } from 'prom-client';
import type { Clock } from '../message/clock.ts';
import type { Outcome } from '../message/message.ts';
import type { PipelineState, Supervised } from '../runtime/supervise.ts';
import type { MetricName } from './catalogue.ts';
import { known } from './known.ts';
import { SourceMetrics } from './sourceMetrics.ts';

/** What a scrape asks about one pipeline. */
export interface WatchedPipeline {
  readonly supervised: Supervised;
  /** Messages waiting to be read; undefined where the source cannot know. One that rejects, or takes over a second, is left out. */
  readonly lag: () => Promise<number | undefined>;
  /** Whether an operator has paused it. */
  readonly isPaused: () => boolean;
}

const outcomes: readonly Outcome[] = ['done', 'skipped', 'deferred', 'dead', 'released'];
const states: readonly PipelineState[] = ['starting', 'running', 'paused', 'backingOff', 'draining', 'stopped', 'failed'];

/** The metrics of pipelines that mirror what the runtime counts: they are written anew at each scrape. */
export class PipelineMetrics {
  readonly #clock: Clock;
  readonly #lag: Gauge;
  readonly #counters: Readonly<Record<'received' | 'messages' | 'restarts', Counter>>;
  readonly #gauges: Readonly<Record<'inFlight' | 'state' | 'paused' | 'heldBack' | 'watermarkAge', Gauge>>;
  readonly #sources: SourceMetrics;
  readonly #watched: WatchedPipeline[] = [];

  constructor(counter: (name: MetricName) => Counter, gauge: (name: MetricName) => Gauge, clock: Clock) {
    this.#clock = clock;
    this.#sources = new SourceMetrics(counter, gauge);
    this.#lag = gauge('weir_pipeline_lag');
    this.#counters = {
      received: counter('weir_pipeline_received_total'),
      messages: counter('weir_pipeline_messages_total'),
      restarts: counter('weir_pipeline_restarts_total'),
    };
    this.#gauges = {
      inFlight: gauge('weir_pipeline_in_flight'),
      state: gauge('weir_pipeline_state'),
      paused: gauge('weir_pipeline_paused'),
      heldBack: gauge('weir_pipeline_held_back'),
      watermarkAge: gauge('weir_pipeline_watermark_age_seconds'),
    };
  }

  watch(pipeline: WatchedPipeline): void {
    this.#watched.push(pipeline);
  }

  /** Asks how many messages wait to be read. */
  async askLags(): Promise<void> {
    await Promise.all(
      this.#watched.map(async ({ supervised, lag }) => {
        const waiting = await known(lag, this.#clock);
        if (waiting === undefined) this.#lag.remove({ pipeline: supervised.name });
        else this.#lag.set({ pipeline: supervised.name }, waiting);
      }),
    );
  }

  /** Writes what the runtime counts at this instant, so that the law of the counts holds. */
  refresh(): void {
    for (const metric of [...Object.values(this.#counters), ...Object.values(this.#gauges)]) metric.reset();
    for (const pipeline of this.#watched) this.#write(pipeline);
    this.#sources.refresh(this.#watched.map(({ supervised }) => supervised));
  }

  #write({ supervised, isPaused }: WatchedPipeline): void {
    const pipeline = supervised.name;
    const counts = supervised.counts();
    this.#counters.received.inc({ pipeline }, counts.received);
    for (const outcome of outcomes) this.#counters.messages.inc({ pipeline, outcome }, counts[outcome]);
    this.#counters.restarts.inc({ pipeline }, supervised.restarts());
    this.#gauges.inFlight.set({ pipeline }, counts.inFlight);
    for (const state of states) this.#gauges.state.set({ pipeline, state }, supervised.state() === state ? 1 : 0);
    this.#gauges.paused.set({ pipeline }, isPaused() ? 1 : 0);
    this.#gauges.heldBack.set({ pipeline }, supervised.waits().some(({ why }) => why === 'breaker') ? 1 : 0);
    const holding = supervised.spans().filter(({ size }) => size > 0);
    const standing = holding.map(({ risenAtMs }) => this.#clock.elapsedMs() - risenAtMs);
    this.#gauges.watermarkAge.set({ pipeline }, Math.max(0, ...standing) / 1_000);
  }
}
