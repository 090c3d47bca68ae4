import { dashboard } from './dashboard.ts';
import { billing } from './dashboards/billing.ts';
import { kafka } from './dashboards/kafka.ts';
import { money } from './dashboards/money.ts';
import { overview } from './dashboards/overview.ts';
import { pipeline } from './dashboards/pipeline.ts';
import { process } from './dashboards/process.ts';
import { streamsAndDeposits } from './dashboards/streams.ts';

/** Every dashboard as Grafana reads it, by the name of its file in grafana/dashboards/. */
export function dashboards(): ReadonlyMap<string, string> {
  const all = [overview, pipeline, billing, money, streamsAndDeposits, kafka, process];
  return new Map(all.map((source) => [`${source.name}.json`, `${JSON.stringify(dashboard(source), undefined, 2)}\n`]));
}
