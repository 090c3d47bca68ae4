import type { ChunkStore } from './chunkStore.ts';
import type { JobPartition, Json } from './job.ts';

/** What is read of a partition's row. */
export interface PartitionRow {
  readonly runId: bigint;
  readonly name: string;
  readonly input: Json;
  readonly total: bigint | null;
  readonly checkpoint: string | null;
  readonly published: string | null;
}

/** A partition as the job's functions see it. */
export function partitionOf<K>(job: string, key: K, row: PartitionRow, chunks: ChunkStore): JobPartition<K> {
  return {
    name: row.name,
    input: row.input,
    total: row.total === null ? undefined : Number(row.total),
    job,
    key,
    runId: row.runId,
    checkpoint: row.checkpoint ?? undefined,
    published: row.published ?? undefined,
    isDryRun: false,
    chunks,
  };
}
