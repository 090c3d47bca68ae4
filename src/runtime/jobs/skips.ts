import type { Queryable } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';

/** What is kept about a row that was put aside. The row itself stays where it was read from. */
export type Skip = Pick<DeadLetter, 'position' | 'stage' | 'code' | 'text'>;

/** Writes skips; one that is there already and was not resolved stays as it is. Answers how many more rows are skipped now. */
export function insertSkips(database: Queryable, runId: bigint, partition: string, skips: readonly Skip[]): Promise<number> {
  return database.execute({
    name: 'weir-job-insert-skips',
    text: `
      INSERT INTO weir.job_skip AS skip (run_id, partition, position, stage, code, reason)
      SELECT $1, $2, position, stage, code, reason
      FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS row (position, stage, code, reason)
      ON CONFLICT (run_id, partition, position) DO UPDATE
      SET stage = excluded.stage, code = excluded.code, reason = excluded.reason, skipped_at = clock_timestamp(), resolved_at = NULL
      WHERE skip.resolved_at IS NOT NULL`,
    values: [
      runId,
      partition,
      skips.map((skip) => skip.position),
      skips.map((skip) => skip.stage),
      skips.map((skip) => skip.code),
      skips.map((skip) => skip.text),
    ],
  });
}

/** Counts more skips of a run; `skipLimit` when there would be more than `limit`. */
export async function countSkips(database: Queryable, runId: bigint, count: number, limit: number): Promise<void> {
  const hits = await database.execute({
    name: 'weir-job-count-skips',
    text: `UPDATE weir.job_run SET skipped = skipped + $2 WHERE id = $1 AND skipped + $2 <= $3`,
    values: [runId, count, Math.min(limit, Number.MAX_SAFE_INTEGER)],
  });
  if (hits === 1) return;
  throw new WeirError(
    'skipLimit',
    `run ${runId} would skip more than the ${limit} rows that the job allows: look at its skips, mend their cause and run it again`,
  );
}

/** Marks skips as resolved, under the eyes of nobody else: answers how many of them were not resolved before. */
export function resolveSkips(database: Queryable, runId: bigint, partition: string, positions: readonly string[]): Promise<number> {
  return database.execute({
    name: 'weir-job-resolve-skips',
    text: `
      UPDATE weir.job_skip SET resolved_at = clock_timestamp()
      WHERE id IN (
        SELECT id FROM weir.job_skip
        WHERE run_id = $1 AND partition = $2 AND position = ANY ($3::text[]) AND resolved_at IS NULL
        ORDER BY id FOR UPDATE
      )`,
    values: [runId, partition, positions],
  });
}

/** The unresolved skips of a run, by partition, in the order in which they were put aside. */
export function unresolvedSkips(database: Queryable, runId: bigint): Promise<readonly { partition: string; positions: string[] }[]> {
  return database.query({
    name: 'weir-job-unresolved-skips',
    text: `
      SELECT partition, array_agg(position ORDER BY id) AS positions
      FROM weir.job_skip WHERE run_id = $1 AND resolved_at IS NULL
      GROUP BY partition ORDER BY partition`,
    values: [runId],
  });
}
