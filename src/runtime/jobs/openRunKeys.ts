import type { Queryable } from '../../connectors/database.ts';
import type { Job } from './job.ts';

export interface OpenRun {
  readonly job: string;
  readonly key: string;
}

/** The open runs of these jobs, oldest first, without those that a newer Weir planned. */
export function openRunKeys(
  database: Queryable,
  jobs: readonly Pick<Job<never, unknown, unknown, unknown>, 'name' | 'planVersion'>[],
): Promise<readonly OpenRun[]> {
  return database.query<OpenRun>({
    name: 'weir-job-open-runs',
    text: `
      SELECT run.job, run.key
      FROM weir.job_run run JOIN unnest($1::text[], $2::int[]) AS known (job, plan_version) USING (job)
      WHERE run.status IN ('PLANNING', 'OPEN') AND run.plan_version <= known.plan_version
      ORDER BY run.id`,
    values: [jobs.map(({ name }) => name), jobs.map(({ planVersion }) => planVersion)],
  });
}
