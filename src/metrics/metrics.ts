import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome } from '../message/message.ts';
import type { Clock } from '../message/clock.ts';
import type { RunMeter } from '../runtime/runChain.ts';
import type { ScheduleMeter } from '../runtime/schedules/runSchedules.ts';
import type { PipelineState, Supervised } from '../runtime/supervise.ts';
import { catalogue, type BusinessCounter, type Count, type MetricFacts, type MetricName } from './catalogue.ts';
import { jobGauges, type WatchedJobs } from './jobGauges.ts';
import { scheduleMetrics } from './scheduleMetrics.ts';

/** What a scrape asks about one pipeline. */
export interface WatchedPipeline {
  readonly supervised: Supervised;
  /** Messages waiting to be read; undefined where the source cannot know. One that rejects, or takes over a second, is left out. */
  readonly lag: () => Promise<number | undefined>;
}

/** The metrics of the process. */
export interface Metrics {
  meterOf(pipeline: string): RunMeter;
  readonly count: Count;
  readonly schedules: ScheduleMeter;
  /** Adds a pipeline to what every scrape reads. */
  watch(pipeline: WatchedPipeline): void;
  /** Makes every scrape tell how far the jobs are. */
  watchJobs(jobs: WatchedJobs): void;
  /** The metrics in the text format of Prometheus. The counts of a pipeline are read at one instant, so their law holds in every scrape. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const outcomes: readonly Outcome[] = ['done', 'skipped', 'deferred', 'dead', 'released'];
const states: readonly PipelineState[] = ['starting', 'running', 'paused', 'backingOff', 'draining', 'stopped', 'failed'];

/** Makes the registry from the catalogue. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: MetricName): Counter => new Counter({ ...declared(name), registers: [registry] });
  const gauge = (name: MetricName): Gauge => new Gauge({ ...declared(name), registers: [registry] });
  const watched: WatchedPipeline[] = [];
  let watchedJobs: WatchedJobs = { names: [], openRuns: () => Promise.resolve([]) };

  const stageMetrics: StageMetrics = {
    seconds: new Histogram({ ...declared('weir_pipeline_stage_seconds'), registers: [registry] }),
    messages: counter('weir_pipeline_stage_messages_total'),
    retries: counter('weir_pipeline_retries_total'),
    deadLetters: counter('weir_dead_letters_total'),
  };
  const read = {
    received: counter('weir_pipeline_received_total'),
    messages: counter('weir_pipeline_messages_total'),
    inFlight: gauge('weir_pipeline_in_flight'),
    lag: gauge('weir_pipeline_lag'),
    state: gauge('weir_pipeline_state'),
    restarts: counter('weir_pipeline_restarts_total'),
    watermarkAge: gauge('weir_pipeline_watermark_age_seconds'),
  };
  const writeJobGauges = jobGauges(gauge);
  const business: Readonly<Record<BusinessCounter, Counter>> = { weir_bills_parked_total: counter('weir_bills_parked_total') };
  const schedules = scheduleMetrics(
    { misses: counter('weir_schedule_misses_total'), late: gauge('weir_schedule_late_seconds') },
    clock,
  );
  const loopDelay = gauge('weir_event_loop_delay_seconds');
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();

  /** Counters here mirror counts that the runtime keeps: they are written anew at each scrape. */
  const refresh = (): void => {
    for (const metric of Object.values(read)) if (metric !== read.lag) metric.reset();
    for (const { supervised } of watched) {
      const pipeline = supervised.name;
      const counts = supervised.counts();
      read.received.inc({ pipeline }, counts.received);
      for (const outcome of outcomes) read.messages.inc({ pipeline, outcome }, counts[outcome]);
      read.inFlight.set({ pipeline }, counts.inFlight);
      for (const state of states) read.state.set({ pipeline, state }, supervised.state() === state ? 1 : 0);
      read.restarts.inc({ pipeline }, supervised.restarts());
      const standing = supervised.spans().map((span) => clock.elapsedMs() - span.risenAtMs);
      read.watermarkAge.set({ pipeline }, Math.max(0, ...standing) / 1_000);
    }
    schedules.refresh();
    loopDelay.set({ quantile: '0.99' }, loop.percentile(99) / 1e9);
    loopDelay.set({ quantile: '1' }, loop.max / 1e9);
    loop.reset();
  };

  return {
    meterOf: (pipeline) => meterOf(pipeline, stageMetrics),
    count: (name, labels, by) => business[name].inc(labels, by),
    schedules: schedules.meter,
    watch(pipeline) {
      watched.push(pipeline);
    },
    watchJobs(told) {
      watchedJobs = told;
    },
    async scrape() {
      const openRuns = known(watchedJobs.openRuns, clock);
      await Promise.all(
        watched.map(async ({ supervised, lag }) => {
          const waiting = await known(lag, clock);
          if (waiting === undefined) read.lag.remove({ pipeline: supervised.name });
          else read.lag.set({ pipeline: supervised.name }, waiting);
        }),
      );
      writeJobGauges(watchedJobs.names, await openRuns);
      refresh();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** How long a scrape waits to be told, in milliseconds: well below the time limit of whoever scrapes. */
const tellingLimitMs = 1_000;

/** The answer, or undefined when nobody can tell in time: a broker that is away must not take the other metrics with it. */
function known<T>(ask: () => Promise<T>, clock: Clock): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(tellingLimitMs, () => resolve(undefined));
    const end = (answer: T | undefined): void => {
      cancel();
      resolve(answer);
    };
    ask().then(end, () => end(undefined));
  });
}

interface StageMetrics {
  readonly seconds: Histogram;
  readonly messages: Counter;
  readonly retries: Counter;
  readonly deadLetters: Counter;
}

/** The meter of one pipeline; the children of its stages are bound once. */
function meterOf(pipeline: string, metrics: StageMetrics): RunMeter {
  const bind = (stage: string) => ({
    seconds: metrics.seconds.labels({ pipeline, stage }),
    messages: metrics.messages.labels({ pipeline, stage }),
  });
  const bound = new Map<string, ReturnType<typeof bind>>();
  return {
    stage(stage, took, count) {
      const children = bound.get(stage) ?? bind(stage);
      bound.set(stage, children);
      children.seconds.observe(took);
      children.messages.inc(count);
    },
    retried: (stage) => metrics.retries.inc({ pipeline, stage }),
    deadLettered: (stage, code) => metrics.deadLetters.inc({ pipeline, stage, code }),
  };
}

function declared(name: MetricName): { name: string; help: string; labelNames: string[]; buckets: number[] } {
  const { help, labels, buckets }: MetricFacts = catalogue[name];
  return { name, help, labelNames: [...labels], buckets: [...(buckets ?? [])] };
}
