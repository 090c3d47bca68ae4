import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../message/clock.ts';
import type { Breaker, BreakerState } from '../runtime/breaker.ts';
import type { RelayMeter } from '../runtime/outbox/runRelays.ts';
import type { OutboxStanding } from '../runtime/outbox/standings.ts';
import type { RunMeter } from '../runtime/runChain.ts';
import type { ScheduleMeter } from '../runtime/schedules/runSchedules.ts';
import { apiMetrics, type ApiMeter } from './apiMetrics.ts';
import { businessGauges, type WatchedGauges } from './businessGauges.ts';
import { catalogue, type BusinessCounter, type BusinessGauge, type Count, type MetricFacts, type MetricName } from './catalogue.ts';
import { jobGauges, type WatchedJobs } from './jobGauges.ts';
import { known } from './known.ts';
import { PipelineMetrics, type WatchedPipeline } from './pipelineMetrics.ts';
import { outboxMetrics } from './outboxMetrics.ts';
import { scheduleMetrics } from './scheduleMetrics.ts';
import { stageFacts, stageTotals, type StageMetrics } from './stageFacts.ts';

/** The metrics of the process. */
export interface Metrics {
  /** The meter of a pipeline or job. The series of these stages are there from then on, so that their first rise is seen as one. */
  meterOf(pipeline: string, stages?: readonly string[]): RunMeter;
  readonly count: Count;
  readonly schedules: ScheduleMeter;
  readonly outboxes: RelayMeter;
  readonly api: ApiMeter;
  /** Adds a pipeline to what every scrape reads. */
  watch(pipeline: WatchedPipeline): void;
  /** Makes every scrape tell the states of breakers. */
  watchBreakers(breakers: readonly Pick<Breaker, 'name' | 'state'>[]): void;
  /** Makes every scrape tell how far the jobs are. */
  watchJobs(jobs: WatchedJobs): void;
  /** Makes every scrape tell how the outboxes stand. */
  watchOutboxes(standings: () => Promise<readonly OutboxStanding[]>): void;
  /** Makes every scrape tell how many dead letters wait, by topic. */
  watchLetters(ask: () => Promise<ReadonlyMap<string, number>>): void;
  /** Makes every scrape tell what the gauges of systems stand at. */
  watchGauges(gauges: WatchedGauges): void;
  /** How the stages of a pipeline or job have worked since this process began, and what it has put aside. */
  factsOf(pipeline: string): ReturnType<typeof stageFacts>;
  /** Retries and messages of every pipeline and job since this process began. */
  totals(): ReturnType<typeof stageTotals>;
  /** The metrics in the text format of Prometheus. The counts of a pipeline are read at one instant, so their law holds in every scrape. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const breakerValues: Readonly<Record<BreakerState, number>> = { open: 0, trying: 1, shut: 2 };

/** Makes the registry from the catalogue. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  collectOfTheProcess(registry);
  const counter = (name: MetricName): Counter => new Counter({ ...declared(name), registers: [registry] });
  const gauge = (name: MetricName): Gauge => new Gauge({ ...declared(name), registers: [registry] });
  const breakers: Pick<Breaker, 'name' | 'state'>[] = [];
  let standings: () => Promise<readonly OutboxStanding[]> = () => Promise.resolve([]);
  let openLetters: () => Promise<ReadonlyMap<string, number>> = () => Promise.resolve(new Map());
  let watchedGauges: WatchedGauges = { questions: [], ask: () => Promise.resolve() };
  let watchedJobs: WatchedJobs = { names: [], openRuns: () => Promise.resolve([]) };

  const stageMetrics = stageMetricsOf(registry, counter);
  const pipelines = new PipelineMetrics(counter, gauge, clock);
  const breakerState = gauge('weir_breaker_state');
  const writeJobGauges = jobGauges(gauge);
  const business: Readonly<Record<BusinessCounter, Counter>> = {
    weir_bills_parked_total: counter('weir_bills_parked_total'),
    weir_notices_put_aside_total: counter('weir_notices_put_aside_total'),
  };
  const writeBusinessGauges = businessGauges(gaugesOfBusiness(gauge), clock);
  const schedules = scheduleMetrics(counter, gauge, clock);
  const outboxes = outboxMetrics(counter, gauge);
  const apiSeconds = new Histogram({ ...declared('weir_api_request_seconds'), registers: [registry] });
  const api = apiMetrics(counter('weir_api_requests_total'), apiSeconds);
  const letters = gauge('weir_dead_letters_open');
  const writeLoopDelay = loopDelay(gauge('weir_event_loop_delay_seconds'));

  const refresh = (): void => {
    pipelines.refresh();
    for (const each of breakers) breakerState.set({ dependency: each.name }, breakerValues[each.state()]);
    schedules.refresh();
    writeLoopDelay();
  };

  return {
    meterOf: (pipeline, stages = []) => meterOf(pipeline, stages, stageMetrics),
    count: (name, labels, by) => business[name].inc(labels, by),
    schedules: schedules.meter,
    outboxes: outboxes.meter,
    api,
    watch: (pipeline) => pipelines.watch(pipeline),
    watchBreakers(more) {
      breakers.push(...more);
    },
    watchJobs(told) {
      watchedJobs = told;
    },
    watchOutboxes(ask) {
      standings = ask;
    },
    watchLetters(ask) {
      openLetters = ask;
    },
    watchGauges(told) {
      watchedGauges = told;
    },
    factsOf: (pipeline) => stageFacts(stageMetrics, pipeline),
    totals: () => stageTotals(stageMetrics),
    async scrape() {
      const businessNow = writeBusinessGauges(watchedGauges);
      const openRuns = known(watchedJobs.openRuns, clock);
      const outboxesNow = known(standings, clock);
      const lettersNow = known(openLetters, clock);
      await pipelines.askLags();
      writeJobGauges(watchedJobs.names, await openRuns);
      outboxes.write(await outboxesNow);
      writeAll(letters, 'topic', await lettersNow);
      await businessNow;
      refresh();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** Writes a gauge anew, a series for each name; none where nobody could tell in time. */
function writeAll(gauge: Gauge, label: string, numbers: ReadonlyMap<string, number> = new Map()): void {
  gauge.reset();
  for (const [name, number] of numbers) gauge.set({ [label]: name }, number);
}

/** Begins to measure how late the event loop is; answers how that is written anew. */
function loopDelay(gauge: Gauge): () => void {
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  return () => {
    gauge.set({ statistic: 'p99' }, loop.percentile(99) / 1e9);
    gauge.set({ statistic: 'max' }, loop.max / 1e9);
    loop.reset();
  };
}

function stageMetricsOf(registry: Registry, counter: (name: MetricName) => Counter): StageMetrics {
  return {
    seconds: new Histogram({ ...declared('weir_pipeline_stage_seconds'), registers: [registry] }),
    messages: counter('weir_pipeline_stage_messages_total'),
    retries: counter('weir_pipeline_retries_total'),
    deadLetters: counter('weir_dead_letters_total'),
  };
}

/** What the client library tells of the process. */
function collectOfTheProcess(register: Registry): void {
  collectDefaultMetrics({ register });
  // Sums of what stands beside them by type, under names that only counters may have.
  for (const what of ['handles', 'requests', 'resources']) register.removeSingleMetric(`nodejs_active_${what}_total`);
}

function gaugesOfBusiness(gauge: (name: MetricName) => Gauge): Readonly<Record<BusinessGauge, Gauge>> {
  return {
    weir_bills: gauge('weir_bills'),
    weir_bills_overdue: gauge('weir_bills_overdue'),
    weir_bills_oldest_overdue_seconds: gauge('weir_bills_oldest_overdue_seconds'),
    weir_bills_undispatched: gauge('weir_bills_undispatched'),
    weir_orders_waiting: gauge('weir_orders_waiting'),
    weir_orders_oldest_seconds: gauge('weir_orders_oldest_seconds'),
    weir_payments_waiting: gauge('weir_payments_waiting'),
    weir_payments_oldest_seconds: gauge('weir_payments_oldest_seconds'),
    weir_payments_parked: gauge('weir_payments_parked'),
    weir_refunds_waiting: gauge('weir_refunds_waiting'),
    weir_refunds_oldest_seconds: gauge('weir_refunds_oldest_seconds'),
    weir_refunds_parked: gauge('weir_refunds_parked'),
    weir_remittances_late: gauge('weir_remittances_late'),
    weir_remittances_parked: gauge('weir_remittances_parked'),
    weir_remittances_failing: gauge('weir_remittances_failing'),
    weir_remittances_held_minor: gauge('weir_remittances_held_minor'),
    weir_remittances_unexplained_minor: gauge('weir_remittances_unexplained_minor'),
    weir_remittances_imbalance_minor: gauge('weir_remittances_imbalance_minor'),
    weir_deposits_in_flight: gauge('weir_deposits_in_flight'),
    weir_deposits_overdue: gauge('weir_deposits_overdue'),
    weir_deposits_put_aside: gauge('weir_deposits_put_aside'),
    weir_deposits_cancellations_without_fill: gauge('weir_deposits_cancellations_without_fill'),
    weir_deposits_calendar_left_seconds: gauge('weir_deposits_calendar_left_seconds'),
    weir_remittances_untold: gauge('weir_remittances_untold'),
    weir_account_links_open: gauge('weir_account_links_open'),
    weir_account_links_oldest_seconds: gauge('weir_account_links_oldest_seconds'),
    weir_account_links_failing: gauge('weir_account_links_failing'),
    weir_account_links_parked: gauge('weir_account_links_parked'),
  };
}

/** The meter of one pipeline; the children of its stages are bound once. */
function meterOf(pipeline: string, stages: readonly string[], metrics: StageMetrics): RunMeter {
  const bind = (stage: string) => ({
    seconds: metrics.seconds.labels({ pipeline, stage }),
    messages: metrics.messages.labels({ pipeline, stage }),
  });
  const bound = new Map(stages.map((stage) => [stage, bind(stage)]));
  for (const stage of stages) {
    metrics.seconds.zero({ pipeline, stage });
    metrics.messages.inc({ pipeline, stage }, 0);
    metrics.retries.inc({ pipeline, stage }, 0);
  }
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
