import type { Queryable } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';
import { listRuns, type RunSummary } from './listRuns.ts';

/** A partition as people follow it. `lost`: its holder has given no sign of life for its lease; another takes it over. */
export interface PartitionView {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'lost' | 'completed';
  readonly holder: string | null;
  readonly checkpoint: string | null;
  readonly published: string | null;
  readonly rowsRead: bigint;
  readonly rowsWritten: bigint;
  readonly rowsSkipped: bigint;
  /** Expected rows, null when nobody knows. */
  readonly total: bigint | null;
  /** Over the last ten to twenty seconds; 0 when nobody works on it. */
  readonly rowsPerSecond: number;
  /** Seconds until it is done at this rate; undefined when nobody can tell. */
  readonly etaSeconds: number | undefined;
  /** Failures in a row, and the last one. */
  readonly failures: number;
  readonly failure: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface SkipView {
  readonly partition: string;
  readonly position: string;
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly skippedAt: Date;
  readonly resolvedAt: Date | null;
}

export interface RunView extends RunSummary {
  readonly etaSeconds: number | undefined;
  readonly partitionViews: readonly PartitionView[];
  /** The first hundred, unresolved ones before others. */
  readonly skips: readonly SkipView[];
}

/** Shows a run with progress, rate and expected end of each partition, and its skips. `notFound` when there is none. */
export async function showRun(database: Queryable, id: bigint): Promise<RunView> {
  const [run] = await listRuns(database, { ids: [id] });
  if (run === undefined) throw new WeirError('notFound', `there is no run ${id}`);
  const rows = await readPartitions(database, id);
  const partitionViews = rows.map((row) => ({ ...row, etaSeconds: etaSeconds(row) }));
  return { ...run, etaSeconds: etaSeconds(run), partitionViews, skips: await readSkips(database, id) };
}

/** Seconds until `total` is reached at this rate; 0 when it is, undefined when the total or the rate is not known. */
export function etaSeconds(progress: Pick<RunSummary, 'rowsRead' | 'total' | 'rowsPerSecond'>): number | undefined {
  if (progress.total === null) return undefined;
  const left = Number(progress.total - progress.rowsRead);
  if (left <= 0) return 0;
  return progress.rowsPerSecond > 0 ? left / progress.rowsPerSecond : undefined;
}

function readPartitions(database: Queryable, id: bigint): Promise<readonly Omit<PartitionView, 'etaSeconds'>[]> {
  return database.query({
    name: 'weir-job-show-partitions',
    text: `
      SELECT name, lease_owner AS holder, checkpoint, published, rows_read AS "rowsRead", rows_written AS "rowsWritten",
        rows_skipped AS "rowsSkipped", total, failures, failure, started_at AS "startedAt", finished_at AS "finishedAt",
        CASE WHEN lease_until >= clock_timestamp() THEN rows_per_second ELSE 0 END AS "rowsPerSecond",
        CASE WHEN lease_until < clock_timestamp() THEN 'lost' ELSE lower(status) END AS state
      FROM weir.job_partition WHERE run_id = $1 ORDER BY ordinal`,
    values: [id],
  });
}

function readSkips(database: Queryable, id: bigint): Promise<readonly SkipView[]> {
  return database.query({
    name: 'weir-job-show-skips',
    text: `
      SELECT partition, position, stage, code, reason, skipped_at AS "skippedAt", resolved_at AS "resolvedAt"
      FROM weir.job_skip WHERE run_id = $1 ORDER BY resolved_at IS NOT NULL, id LIMIT 100`,
    values: [id],
  });
}
