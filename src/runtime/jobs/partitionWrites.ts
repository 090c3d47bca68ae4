import type { Queryable } from '../../connectors/database.ts';
import type { Failure } from './failure.ts';
import type { PartitionClaim } from './partitionClaim.ts';

// Every statement here moves the partition's row under the token of its claim and answers whether it hit: nothing that a
// holder writes may be committed when it did not. (A SELECT of the token would not do: two transactions can both see it.)

const mine = `run_id = $1 AND name = $2 AND token = $3 AND lease_owner = $4 AND status = 'RUNNING'`;

// What a holder says about its progress counts only where it knows of every chunk: after a COMMIT of which it never heard, its
// checkpoint may be an old one, and the next holder would write the chunk again.
const mineSince = `${mine} AND chunks = $11`;

function key({ runId, name, token, holder }: PartitionClaim): readonly unknown[] {
  return [runId, name, token, holder];
}

async function hits(database: Queryable, name: string, text: string, values: readonly unknown[]): Promise<boolean> {
  return (await database.execute({ name: `weir-job-${name}`, text, values })) === 1;
}

/** Up to where a partition has come. */
export interface PartitionProgress {
  readonly checkpoint: string | undefined;
  readonly published: string | undefined;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsPublished: number;
  readonly rowsPerSecond: number;
}

function values(
  claim: PartitionClaim,
  chunk: bigint,
  progress: PartitionProgress,
  failures = failuresBefore(claim, progress),
): readonly unknown[] {
  const { checkpoint, published, rowsRead, rowsWritten, rowsPublished, rowsPerSecond } = progress;
  const counts = [rowsRead, rowsWritten, rowsPublished, rowsPerSecond];
  return [...key(claim), checkpoint ?? null, published ?? null, ...counts, chunk, failures];
}

/**
 * Failures in a row up to here. Only what has left the chain ends the row: a chunk of a job that publishes is written again and
 * again while its publishing fails.
 */
export function failuresBefore({ published, failures }: PartitionClaim, progress: Pick<PartitionProgress, 'published'>): number {
  return progress.published === (published ?? undefined) ? failures : 0;
}

const progressed = `checkpoint = $5, published = $6, rows_read = $7, rows_written = $8, rows_published = $9, rows_per_second = $10,
  failures = $12, updated_at = clock_timestamp()`;

/** The first statement of a chunk's transaction: moves the partition from chunk `chunk` to the next, and renews its lease. */
export function advancePartition(
  database: Queryable,
  claim: PartitionClaim,
  chunk: bigint,
  progress: PartitionProgress,
  leaseMs: number,
): Promise<boolean> {
  return hits(
    database,
    'advance-partition',
    `UPDATE weir.job_partition
     SET ${progressed}, chunks = chunks + 1, lease_until = clock_timestamp() + $13 * interval '1 millisecond'
     WHERE ${mineSince}`,
    [...values(claim, chunk, progress), leaseMs],
  );
}

/** Renews the lease of a partition between chunks and tells how far it is. */
export function renewPartition(
  database: Queryable,
  claim: PartitionClaim,
  chunk: bigint,
  progress: PartitionProgress,
  leaseMs: number,
): Promise<boolean> {
  return hits(
    database,
    'renew-partition',
    `UPDATE weir.job_partition
     SET ${progressed}, lease_until = clock_timestamp() + $13 * interval '1 millisecond'
     WHERE ${mineSince}`,
    [...values(claim, chunk, progress), leaseMs],
  );
}

/** Corrects a chunk's counters, in its transaction, when not all of its rows were written. */
export function countPartition(database: Queryable, claim: PartitionClaim, rowsWritten: number, newlySkipped: number): Promise<boolean> {
  return hits(
    database,
    'count-partition',
    `UPDATE weir.job_partition SET rows_written = $5, rows_skipped = rows_skipped + $6 WHERE ${mine}`,
    [...key(claim), rowsWritten, newlySkipped],
  );
}

/** The partition's last chunk is written and everything has left the chain. */
export function completePartition(
  database: Queryable,
  claim: PartitionClaim,
  chunk: bigint,
  progress: PartitionProgress,
): Promise<boolean> {
  return hits(
    database,
    'complete-partition',
    `UPDATE weir.job_partition
     SET ${progressed}, status = 'COMPLETED', lease_owner = NULL, lease_until = NULL, finished_at = clock_timestamp()
     WHERE ${mineSince}`,
    values(claim, chunk, progress),
  );
}

/** Hands the partition back: another process may claim it at once. */
export function releasePartition(database: Queryable, claim: PartitionClaim, chunk: bigint, progress: PartitionProgress): Promise<boolean> {
  return hits(
    database,
    'release-partition',
    `UPDATE weir.job_partition
     SET ${progressed}, status = 'WAITING', lease_owner = NULL, lease_until = NULL
     WHERE ${mineSince}`,
    values(claim, chunk, progress),
  );
}

/** Hands the partition back after a failure, not to be claimed before `delayMs` have passed. */
export function failPartition(
  database: Queryable,
  claim: PartitionClaim,
  chunk: bigint,
  progress: PartitionProgress,
  failure: Failure,
  delayMs: number,
): Promise<boolean> {
  return hits(
    database,
    'fail-partition',
    `UPDATE weir.job_partition
     SET ${progressed}, status = 'WAITING', lease_owner = NULL, lease_until = NULL,
       failure_code = $13, failure = $14, not_before = clock_timestamp() + $15 * interval '1 millisecond'
     WHERE ${mineSince}`,
    [...values(claim, chunk, progress, failuresBefore(claim, progress) + 1), failure.code, failure.text, delayMs],
  );
}

/**
 * How many chunks of the partition are committed; undefined when it has another holder. Waits for a transaction that is still
 * about to end, so the answer is final.
 */
export async function committedChunks(database: Queryable, claim: PartitionClaim): Promise<bigint | undefined> {
  const rows = await database.query<{ readonly chunks: bigint }>({
    name: 'weir-job-committed-chunks',
    text: `SELECT chunks FROM weir.job_partition WHERE ${mine} FOR SHARE`,
    values: key(claim),
  });
  return rows[0]?.chunks;
}
