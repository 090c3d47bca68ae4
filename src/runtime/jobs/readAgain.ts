import type { Queryable } from '../../connectors/database.ts';

/**
 * Lets every completed partition of a run be read from its first row again, after a failed check of the result. What was counted
 * stays: the rows come on top.
 */
export async function readAgain(transaction: Queryable, runId: bigint): Promise<void> {
  await transaction.execute({
    text: `
      UPDATE weir.job_partition SET status = 'WAITING', finished_at = NULL, failures = 0, checkpoint = NULL, published = NULL
      WHERE run_id = $1 AND status = 'COMPLETED'`,
    values: [runId],
  });
}
