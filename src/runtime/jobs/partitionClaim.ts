import type { Queryable } from '../../connectors/database.ts';
import type { Json } from './job.ts';

/** A claimed partition: its row at the moment of the claim. */
export interface PartitionClaim {
  readonly runId: bigint;
  readonly name: string;
  readonly input: Json;
  readonly total: bigint | null;
  /** Fences every write: a later claim has a higher one. */
  readonly token: bigint;
  readonly holder: string;
  readonly chunks: bigint;
  readonly checkpoint: string | null;
  readonly published: string | null;
  readonly rowsRead: bigint;
  readonly rowsWritten: bigint;
  readonly rowsPublished: bigint;
  readonly failures: number;
}

export interface ClaimRequest {
  readonly runId: bigint;
  readonly planVersion: number;
  readonly holder: string;
  readonly leaseMs: number;
  readonly count: number;
}

/**
 * Claims up to `count` partitions that nobody works on: waiting ones whose back-off is over, and those whose lease ran out. What
 * a transaction of the last holder still has locked is left for later. The run's row is shared, so that no partition is claimed
 * of a run that fails at the same moment.
 */
export function claimPartitions(database: Queryable, request: ClaimRequest): Promise<readonly PartitionClaim[]> {
  return database.query<PartitionClaim>({
    name: 'weir-job-claim-partitions',
    text: `
      WITH run AS (
        SELECT id FROM weir.job_run WHERE id = $1 AND status = 'OPEN' AND plan_version <= $2 FOR SHARE
      ), free AS (
        SELECT p.run_id, p.name
        FROM run JOIN weir.job_partition p ON p.run_id = run.id
        WHERE (p.status = 'WAITING' AND (p.not_before IS NULL OR p.not_before <= clock_timestamp()))
           OR (p.status = 'RUNNING' AND p.lease_until < clock_timestamp())
        ORDER BY p.ordinal
        LIMIT $5
        FOR UPDATE OF p SKIP LOCKED
      )
      UPDATE weir.job_partition p
      SET status = 'RUNNING', token = token + 1, lease_owner = $3, lease_until = clock_timestamp() + $4 * interval '1 millisecond',
        not_before = NULL, started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp()
      FROM free
      WHERE p.run_id = free.run_id AND p.name = free.name
      RETURNING p.run_id AS "runId", p.name, p.input, p.total, p.token, p.lease_owner AS holder, p.chunks, p.checkpoint, p.published,
        p.rows_read AS "rowsRead", p.rows_written AS "rowsWritten", p.rows_published AS "rowsPublished", p.failures`,
    values: [request.runId, request.planVersion, request.holder, request.leaseMs, request.count],
  });
}
