import type { Queryable } from '../../connectors/database.ts';
import { listRuns, type RunSummary } from './listRuns.ts';

/** The latest run of each of these jobs, by its name; those that have never run are not among them. */
export async function latestRuns(database: Queryable, jobs: readonly string[]): Promise<ReadonlyMap<string, RunSummary>> {
  const rows = await database.query<{ id: bigint }>({
    name: 'weir-job-latest-runs',
    text: `
      SELECT latest.id FROM unnest($1::text[]) AS asked (job)
      CROSS JOIN LATERAL (SELECT id FROM weir.job_run WHERE job = asked.job ORDER BY id DESC LIMIT 1) AS latest`,
    values: [jobs],
  });
  const runs = await listRuns(database, { ids: rows.map(({ id }) => id), limit: rows.length });
  return new Map(runs.map((run) => [run.job, run]));
}
