import type { Gauge } from 'prom-client';
import type { Clock } from '../message/clock.ts';
import type { AskAllGauges, GaugeRow } from '../runtime/gauges/askAllGauges.ts';
import { otherLabel, type GaugeQuestion } from '../runtime/gauges/gaugeQuestion.ts';
import { catalogue, type BusinessGauge } from './catalogue.ts';
import { known } from './known.ts';

/** What a scrape asks about the systems of this process. */
export interface WatchedGauges {
  readonly questions: readonly GaugeQuestion[];
  /** What is not answered within the scrape's second is left out. */
  readonly ask: AskAllGauges;
}

/** Answers how the gauges of systems are written anew at a scrape. */
export function businessGauges(
  gauges: Readonly<Record<BusinessGauge, Gauge>>,
  clock: Clock,
): ({ questions, ask }: WatchedGauges) => Promise<void> {
  return async ({ questions, ask }) => {
    const answers = new Map<GaugeQuestion, readonly GaugeRow[]>();
    const over = new AbortController();
    await known(() => ask(questions, (question, rows) => void answers.set(question, rows), over.signal), clock);
    over.abort();
    for (const [name, gauge] of Object.entries(gauges)) forget(gauge, name as BusinessGauge);
    for (const [question, rows] of answers) write(gauges, question, rows);
  };
}

/** The client library sets one that has no labels to 0, which would be told as if somebody had counted. */
function forget(gauge: Gauge, name: BusinessGauge): void {
  if (catalogue[name].labels.length === 0) gauge.remove();
  else gauge.reset();
}

function write(gauges: Readonly<Record<BusinessGauge, Gauge>>, { metrics, labels }: GaugeQuestion, rows: readonly GaugeRow[]): void {
  for (const name of metrics) {
    for (const series of seriesOf(Object.entries(labels))) gauges[name].set(series, 0);
    for (const row of rows) gauges[name].inc(listed(row, labels), Number(row[name]));
  }
}

/** The labels of a row, `other` for those that nobody has listed. */
function listed(row: GaugeRow, labels: GaugeQuestion['labels']): Record<string, string> {
  const own = Object.entries(labels).map(([label, values]) => [label, values.find((value) => value === row[label]) ?? otherLabel] as const);
  return Object.fromEntries(own);
}

/** Every set of values that labels may have. */
function seriesOf(labels: readonly (readonly [string, readonly string[]])[]): readonly Record<string, string>[] {
  return labels.reduce<readonly Record<string, string>[]>(
    (sets, [label, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value }))),
    [{}],
  );
}
