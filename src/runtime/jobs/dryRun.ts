import { WeirError } from '../../errors.ts';
import { decide, isOpen, type Message } from '../../message/message.ts';
import type { ChunkPart, ChunkStore } from './chunkStore.ts';
import { endUnder } from './endUnder.ts';
import type { Json, JobPartition, PartitionPlan, Preview } from './job.ts';
import type { JobSpec } from './jobSpec.ts';
import { RowLine } from './rowLine.ts';
import { rowSource, type RowKeeper } from './rowSource.ts';
import { runJobChain } from './runJobChain.ts';

/** A row that would have been put aside, and why. */
export interface DrySkip {
  readonly partition: string;
  readonly position: string;
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
}

/** What a run would have done. */
export interface DryRunEnd {
  readonly rows: number;
  /** Rows that would have been put aside before they were written. */
  readonly dead: number;
  /** The first hundred of them. */
  readonly skips: readonly DrySkip[];
  readonly summary: Json;
}

const skipsKept = 100;

/**
 * Reads and decides everything that a run of this key would, and writes nothing: no run, no checkpoint, no chunk. What
 * `writeChunk` would have been given goes to the job's preview. Partitions one after another. Rejects with `invalidOption` for
 * a job without a preview, and with the first error of a chain.
 */
export async function dryRun<P, O, K, V, T>(spec: JobSpec<P, O, K, V, T>): Promise<DryRunEnd> {
  const { job, ports, options } = spec;
  const key = job.parseKey(spec.key);
  const preview = job.preview?.(ports, key);
  if (preview === undefined) throw new WeirError('invalidOption', `${job.name} has no dry run`);
  const counts = { rows: 0, dead: 0 };
  const skips: DrySkip[] = [];
  const skip = (skipped: DrySkip): void => {
    if (skips.length < skipsKept) skips.push(skipped);
  };
  for (const plan of await job.plan(ports, key, options, { isDryRun: true })) {
    const { rows, dead } = await dryPartition(spec, key, plan, { preview, skip });
    counts.rows += rows;
    counts.dead += dead;
  }
  return { ...counts, skips, summary: preview.summary() };
}

/** Where a dry run tells what it found. */
interface Findings<T> {
  readonly preview: Preview<T>;
  readonly skip: (skipped: DrySkip) => void;
}

async function dryPartition<P, O, K, V, T>(
  spec: JobSpec<P, O, K, V, T>,
  key: K,
  plan: PartitionPlan,
  { preview, skip }: Findings<T>,
): Promise<{ readonly rows: number; readonly dead: number }> {
  const { job, ports, options, settings, signal, draining } = spec;
  const place = { job: job.name, key, runId: 0n, checkpoint: undefined, published: undefined };
  const line = new RowLine(0);
  const partition: JobPartition<K> = { ...plan, ...place, isDryRun: true, chunks: previewStore(preview, line) };
  const reader = job.rows(ports, partition, options);
  const keeper = dryKeeper(line, skip);
  const run = runJobChain(
    spec,
    partition,
    rowSource({ partition: plan.name, epoch: 0, reader, from: place, keeper, pageSize: settings.pageSize }),
  );
  const end = await endUnder(run, { cut: AbortSignal.any([signal, draining]) });
  if (end.how === 'cut') throw new WeirError('cancelled', `the dry run of ${job.name}:${spec.key} was stopped`);
  return { rows: run.counts().received, dead: run.counts().dead };
}

function dryKeeper(line: RowLine, skip: (skipped: DrySkip) => void): RowKeeper {
  return {
    read: (position) => line.read(position, false),
    settle: ({ watermarks }) => {
      for (const { position } of watermarks) line.leave(position);
      return Promise.resolve();
    },
    deadLetter: ({ partition, position, stage, code, text }) => {
      skip({ partition, position, stage, code, reason: text });
      return Promise.resolve();
    },
  };
}

/** Shows chunks to the preview instead of writing them; their rows end here, so that no later stage has an effect. */
function previewStore<T>(preview: Preview<T>, line: RowLine): ChunkStore {
  return {
    attach: () => undefined,
    placeOf: (position) => line.placeOf(position),
    commit<A, R>(part: ChunkPart<A, R>): Promise<readonly Message<R>[]> {
      // The chain writes what the preview of the same job adds up: both are typed by the job's author.
      preview.add(part.line.filter(isOpen).map((message) => message.value as unknown as T));
      return Promise.resolve(part.line.map((message) => (isOpen(message) ? decide(message, 'skipped', 'dry run') : message)));
    },
  };
}
