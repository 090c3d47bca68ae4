import type { Gauge } from 'prom-client';
import type { RunSummary } from '../runtime/jobs/listRuns.ts';
import { etaSeconds } from '../runtime/jobs/showRun.ts';
import type { MetricName } from './catalogue.ts';

/** How far an open run is. */
export type RunProgress = Pick<RunSummary, 'job' | 'rowsRead' | 'total' | 'rowsPerSecond'>;

/** What a scrape asks about the jobs of this process. */
export interface WatchedJobs {
  readonly names: readonly string[];
  /** The runs that are not ended. One that rejects, or takes over a second, leaves the gauges out of the scrape. */
  readonly openRuns: () => Promise<readonly RunProgress[]>;
}

/** Makes the gauges of jobs; answers how to write them anew. With `runs` undefined nobody can tell, and they are left out. */
export function jobGauges(
  gauge: (name: MetricName) => Gauge,
): (names: readonly string[], runs: readonly RunProgress[] | undefined) => void {
  const gauges = {
    openRuns: gauge('weir_job_open_runs'),
    readRows: gauge('weir_job_read_rows'),
    expectedRows: gauge('weir_job_expected_rows'),
    eta: gauge('weir_job_eta_seconds'),
  };
  return (names, runs) => {
    for (const each of Object.values(gauges)) each.reset();
    if (runs === undefined) return;
    // A label `job` would be renamed by Prometheus, whose own it is; stages of jobs are counted under `pipeline` too.
    for (const pipeline of names) {
      const ours = runs.filter(({ job }) => job === pipeline);
      const totals = ours.flatMap(({ total }) => total ?? []);
      const etas = ours.flatMap((run) => etaSeconds(run) ?? []);
      gauges.openRuns.set({ pipeline }, ours.length);
      gauges.readRows.set({ pipeline }, Number(ours.reduce((sum, { rowsRead }) => sum + rowsRead, 0n)));
      if (totals.length === ours.length) gauges.expectedRows.set({ pipeline }, Number(totals.reduce((sum, total) => sum + total, 0n)));
      if (etas.length === ours.length) gauges.eta.set({ pipeline }, Math.max(0, ...etas));
    }
  };
}
