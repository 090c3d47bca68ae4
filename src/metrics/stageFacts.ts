import type { Counter, Histogram } from 'prom-client';

/** How one stage of a pipeline or job has worked since this process began. Times are of one call, in milliseconds; null before the first. */
export interface StageFacts {
  readonly stage: string;
  readonly calls: number;
  readonly messages: number;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly retries: number;
}

/** What was put aside, by where and why. */
export interface ErrorFacts {
  readonly stage: string;
  readonly code: string;
  readonly count: number;
}

/** The metrics that tell of stages. */
export interface StageMetrics {
  readonly seconds: Histogram;
  readonly messages: Counter;
  readonly retries: Counter;
  readonly deadLetters: Counter;
}

interface Series {
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
  readonly metricName?: string | undefined;
}

/** The stages of a pipeline in their order, and what it has put aside. */
export async function stageFacts(
  metrics: StageMetrics,
  pipeline: string,
): Promise<{ readonly stages: readonly StageFacts[]; readonly errors: readonly ErrorFacts[] }> {
  const of = async (metric: Counter | Histogram): Promise<readonly Series[]> => {
    const { values } = (await metric.get()) as { readonly values: readonly Series[] };
    return values.filter(({ labels }) => labels['pipeline'] === pipeline);
  };
  const [seconds, messages, retries, dead] = await Promise.all([
    of(metrics.seconds),
    of(metrics.messages),
    of(metrics.retries),
    of(metrics.deadLetters),
  ]);
  const valueAt = (series: readonly Series[], stage: string): number => series.find(({ labels }) => labels['stage'] === stage)?.value ?? 0;
  const stages = messages.map(({ labels, value }) => {
    const stage = String(labels['stage']);
    const times = seconds.filter((each) => each.labels['stage'] === stage);
    return { stage, messages: value, ...timesOf(times), retries: valueAt(retries, stage) };
  });
  const errors = dead.map(({ labels, value }) => ({ stage: String(labels['stage']), code: String(labels['code']), count: value }));
  return { stages, errors: errors.filter(({ count }) => count > 0).toSorted((left, right) => right.count - left.count) };
}

function timesOf(series: readonly Series[]): Pick<StageFacts, 'calls' | 'meanMs' | 'p50Ms' | 'p99Ms'> {
  const ending = (suffix: string): number => series.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0;
  const calls = ending('_count');
  if (calls === 0) return { calls, meanMs: null, p50Ms: null, p99Ms: null };
  const buckets = series.filter(({ labels }) => labels['le'] !== undefined);
  const quantile = (share: number): number => quantileOf(buckets, share * calls) * 1_000;
  return { calls, meanMs: (ending('_sum') / calls) * 1_000, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/** Within the bucket that holds the rank, as Prometheus's histogram_quantile has it; above the last bound that bound. */
function quantileOf(buckets: readonly Series[], rank: number): number {
  let [below, bound] = [0, 0];
  for (const { labels, value } of buckets) {
    const upper = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    if (value >= rank) return upper === Infinity ? bound : bound + ((upper - bound) * (rank - below)) / Math.max(1, value - below);
    [below, bound] = [value, upper];
  }
  return bound;
}

/** Retries by pipeline, and the messages of the busiest stage of each, since this process began. */
export async function stageTotals(
  metrics: Pick<StageMetrics, 'messages' | 'retries'>,
): Promise<ReadonlyMap<string, { readonly retries: number; readonly messages: number }>> {
  const totals = new Map<string, { retries: number; messages: number }>();
  const at = (labels: Series['labels']): { retries: number; messages: number } => {
    const name = String(labels['pipeline']);
    const found = totals.get(name) ?? { retries: 0, messages: 0 };
    totals.set(name, found);
    return found;
  };
  for (const { labels, value } of (await metrics.retries.get()).values) at(labels).retries += value;
  for (const { labels, value } of (await metrics.messages.get()).values) at(labels).messages = Math.max(at(labels).messages, value);
  return totals;
}
