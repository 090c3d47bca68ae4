import type { Queryable } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';
import { endUnder } from './endUnder.ts';
import type { RowReader } from './job.ts';
import type { JobSpec } from './jobSpec.ts';
import { trustMs } from './lease.ts';
import { partitionOf, type PartitionRow } from './partitionOf.ts';
import { rowSource } from './rowSource.ts';
import { runJobChain } from './runJobChain.ts';
import { SkippedHold } from './skippedHold.ts';
import { unresolvedSkips } from './skips.ts';

/** What became of the rows that a run had skipped. */
export interface SkippedEnd {
  readonly resolved: number;
  /** Still skipped, or gone since. */
  readonly remaining: number;
}

interface PlannedRow extends PartitionRow {
  readonly planVersion: number;
}

/**
 * Processes the rows that a run has skipped once more, through the same chain, after their cause was mended; what is written
 * is resolved in the same transaction. The run keeps its state. May be stopped and started again at any moment.
 *
 * Rejects with `notFound` when the key has no run, `newerVersion`, `invalidOption` for a job whose rows cannot be read by
 * position, and with the first error of a chain.
 */
export async function runSkipped<P, O, K, V, T>(spec: JobSpec<P, O, K, V, T>): Promise<SkippedEnd> {
  const { database, job } = spec;
  const key = job.parseKey(spec.key);
  const partitions = await readPartitions(database, job.name, spec.key);
  const [any] = partitions;
  if (any === undefined) throw new WeirError('notFound', `${job.name}:${spec.key} has no run with partitions`);
  if (any.planVersion > job.planVersion) throw new WeirError('newerVersion', `${job.name}:${spec.key} was planned by a newer Weir`);
  const before = await unresolvedSkips(database, any.runId);
  for (const { partition, positions } of before) {
    const row = partitions.find(({ name }) => name === partition);
    if (row !== undefined) await runPositions(spec, key, row, positions);
  }
  const remaining = countOf(await unresolvedSkips(database, any.runId));
  return { resolved: countOf(before) - remaining, remaining };
}

function countOf(skips: readonly { readonly positions: readonly string[] }[]): number {
  return skips.reduce((sum, { positions }) => sum + positions.length, 0);
}

async function runPositions<P, O, K, V, T>(
  spec: JobSpec<P, O, K, V, T>,
  key: K,
  row: PartitionRow,
  positions: readonly string[],
): Promise<void> {
  const { job, ports, options, settings, database, draining, signal } = spec;
  const hold = new SkippedHold({ database, runId: row.runId, partition: row.name, timeLimitMs: trustMs(settings) });
  const partition = partitionOf(job.name, key, row, hold);
  const reader = positionReader(job.name, job.rows(ports, partition, options), positions);
  const source = rowSource({ partition: row.name, epoch: 0, reader, from: fromTheFirst, keeper: hold, pageSize: settings.pageSize });
  await endUnder(runJobChain(spec, partition, source), { drain: draining, cut: signal });
}

/** Positions are read from the first, wherever the partition is. */
const fromTheFirst = { checkpoint: undefined, published: undefined };

/** Reads rows by their positions, page by page; what is gone is left out. */
function positionReader<V>(job: string, reader: RowReader<V>, positions: readonly string[]): RowReader<V> {
  let next = 0;
  return {
    positionOf: (row) => reader.positionOf(row),
    async page(_after, limit) {
      let rows: readonly V[] = [];
      while (rows.length === 0 && next < positions.length) {
        const wanted = positions.slice(next, next + limit);
        next += limit;
        const read = reader.at?.(wanted);
        if (read === undefined) throw new WeirError('invalidOption', `${job} cannot read skipped rows again`);
        rows = await read;
      }
      return rows;
    },
  };
}

function readPartitions(database: Queryable, job: string, key: string): Promise<readonly PlannedRow[]> {
  return database.query<PlannedRow>({
    text: `
      SELECT r.id AS "runId", r.plan_version AS "planVersion", p.name, p.input, p.total, p.checkpoint, p.published
      FROM weir.job_run r JOIN weir.job_partition p ON p.run_id = r.id
      WHERE r.job = $1 AND r.key = $2 ORDER BY p.ordinal`,
    values: [job, key],
  });
}
