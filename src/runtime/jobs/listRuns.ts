import type { Queryable } from '../../connectors/database.ts';
import type { RunStatus } from './openRun.ts';

/** A run in a list. */
export interface RunSummary {
  readonly id: bigint;
  readonly job: string;
  readonly key: string;
  readonly status: RunStatus;
  readonly planVersion: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly failureCode: string | null;
  readonly failure: string | null;
  readonly partitions: number;
  readonly completed: number;
  readonly rowsRead: bigint;
  /** Expected rows of all partitions; null when one does not know. */
  readonly total: bigint | null;
  /** Rows that are put aside and not resolved. */
  readonly skipped: bigint;
  /** Of the partitions that somebody works on, rows per second. */
  readonly rowsPerSecond: number;
}

export interface RunFilter {
  /** Of these jobs only. */
  readonly jobs?: readonly string[];
  /** These only. */
  readonly ids?: readonly bigint[];
  /** Before the run with this number. */
  readonly before?: bigint | undefined;
  /** Only those that are not ended. */
  readonly isUnfinished?: boolean;
  /** The latest so many. Default 50. */
  readonly limit?: number;
}

/** Lists runs, the latest first. */
export function listRuns(database: Queryable, filter: RunFilter = {}): Promise<readonly RunSummary[]> {
  return database.query<RunSummary>({
    name: 'weir-job-list-runs',
    text: `
      SELECT r.id, r.job, r.key, r.status, r.plan_version AS "planVersion", r.created_at AS "createdAt", r.finished_at AS "finishedAt",
        r.failure_code AS "failureCode", r.failure, r.skipped, p.partitions, p.completed, p.rows_read AS "rowsRead", p.total,
        p.rows_per_second AS "rowsPerSecond"
      FROM weir.job_run r CROSS JOIN LATERAL (
        SELECT count(*)::integer AS partitions, (count(*) FILTER (WHERE status = 'COMPLETED'))::integer AS completed,
          coalesce(sum(rows_read), 0)::bigint AS rows_read,
          CASE WHEN count(*) = count(total) THEN coalesce(sum(total), 0)::bigint END AS total,
          coalesce(sum(rows_per_second) FILTER (WHERE lease_until >= clock_timestamp()), 0) AS rows_per_second
        FROM weir.job_partition WHERE run_id = r.id
      ) p
      WHERE ($1::text[] IS NULL OR r.job = ANY ($1)) AND ($2::bigint[] IS NULL OR r.id = ANY ($2))
        AND (NOT $3 OR r.status IN ('PLANNING', 'OPEN')) AND ($4::bigint IS NULL OR r.id < $4)
      ORDER BY r.id DESC LIMIT $5`,
    values: [filter.jobs ?? null, filter.ids ?? null, filter.isUnfinished ?? false, filter.before ?? null, filter.limit ?? 50],
  });
}
