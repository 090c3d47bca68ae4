import { lastValueFrom, from } from 'rxjs';
import { mapLines, type ChunkOptions } from '../../../operators/internal/chunks.ts';
import { stageName } from '../../../operators/internal/stageName.ts';
import { asStage, type Step } from '../../../operators/step.ts';
import type { Transaction } from '../../connectors/database.ts';
import { codeOf, kindOf, textOf, type ErrorCode } from '../../errors.ts';
import type { Answer } from '../../message/decision.ts';
import { decide, isOpen, type Message } from '../../message/message.ts';
import type { ChunkPart, ChunkStore, ChunkWrite } from './chunkStore.ts';
import { inReadOrder } from './inReadOrder.ts';
import type { JobPartition } from './job.ts';

/** Errors of the run itself: no half of the chunk would fare better. */
const ofTheRun: ReadonlySet<ErrorCode> = new Set(['fenced', 'skipLimit', 'defectLimit', 'cancelled']);

/**
 * Writes rows in chunks, each with its checkpoint in one transaction: a row is written exactly once, whatever dies.
 *
 * ```
 * source   --a-b-D-c------|
 *          writeChunk(partition, write, { size: 3 })   [BEGIN checkpoint D, write a b COMMIT] [… c …]
 * result   --------(abD)--(c)|                         D decided before: it advances the checkpoint, write never sees it
 * ```
 *
 * The stage is named after `write`, which answers one value for each, or nothing when they go on unchanged. Chunks are written
 * one after another. A chunk that fails permanently or by a defect is halved, in order, each half with its own checkpoint,
 * until the row is alone; it is put aside as a skip and its neighbours go on. Any other error fails the chain, which starts
 * again behind the last checkpoint. Behind a row that was released nothing is written, since the checkpoint cannot pass it.
 *
 * Rows are put back into read order first, whatever the stages above have done to it: the checkpoint is the position of the last
 * row of a chunk, and everything below it is durable. In a dry run `write` is not called: the values go to the job's preview and
 * their messages end as `skipped`.
 *
 * Memory: one chunk in work and what arrives meanwhile, bounded by the window of the partition.
 */
export function writeChunk<T>(
  partition: JobPartition<unknown>,
  write: (transaction: Transaction, values: readonly T[]) => Promise<void>,
  options: ChunkOptions,
): Step<T, T>;
export function writeChunk<T, R>(
  partition: JobPartition<unknown>,
  write: (transaction: Transaction, values: readonly T[]) => Promise<readonly Answer<R>[]>,
  options: ChunkOptions,
): Step<T, R>;
export function writeChunk<T, R>(
  partition: JobPartition<unknown>,
  write: (transaction: Transaction, values: readonly T[]) => Promise<readonly Answer<R>[]> | Promise<void>,
  options: ChunkOptions,
): Step<T, R> {
  const stage = stageName(write);
  const { chunks } = partition;
  const answersOrNothing: ChunkWrite<T, R> = async (transaction, values) => (await write(transaction, values)) ?? undefined;
  let isBroken = false;
  chunks.attach();
  const call = async (line: readonly Message<T>[]): Promise<readonly Message<R>[]> => {
    const end = isBroken ? 0 : line.findIndex((message) => message.outcome === 'released');
    if (end === -1) return commitByHalves(chunks, { stage, line, write: answersOrNothing });
    isBroken = true;
    const written = end === 0 ? [] : await commitByHalves(chunks, { stage, line: line.slice(0, end), write: answersOrNothing });
    return [...written, ...line.slice(end).map((message) => decide(message, 'released', 'behind a row that was given back'))];
  };
  const write$ = mapLines(stage, call, { ...options, decided: 'gather' });
  return asStage(stage, (source) =>
    source.pipe(
      inReadOrder<T>(stage, (position) => chunks.placeOf(position)),
      write$,
    ),
  );
}

async function commitByHalves<T, R>(chunks: ChunkStore, part: ChunkPart<T, R>): Promise<readonly Message<R>[]> {
  try {
    return await chunks.commit(part);
  } catch (error) {
    const kind = kindOf(error);
    if ((kind !== 'permanent' && kind !== 'defect') || ofTheRun.has(codeOf(error))) throw error;
    const half = middleOf(part.line);
    if (half === 0) return commitWithout(chunks, part, error);
    const first = await commitByHalves(chunks, { ...part, line: part.line.slice(0, half) });
    return [...first, ...(await commitByHalves(chunks, { ...part, line: part.line.slice(half) }))];
  }
}

/** Where to cut so that each side has half of the open messages; 0 when there is one. */
function middleOf(line: readonly Message<unknown>[]): number {
  const half = Math.ceil(line.filter(isOpen).length / 2);
  let open = 0;
  return Math.max(
    0,
    line.findIndex((message) => isOpen(message) && ++open > half),
  );
}

/** The one open message of a part is put aside; its skip and the checkpoint behind it are one transaction. */
async function commitWithout<T, R>(chunks: ChunkStore, part: ChunkPart<T, R>, error: unknown): Promise<readonly Message<R>[]> {
  const line: Message<T>[] = [];
  for (const message of part.line) {
    if (isOpen(message)) {
      const { envelope } = message;
      await lastValueFrom(from(envelope.run.deadLetter(envelope, part.stage, error)), { defaultValue: undefined });
      line.push(decide(message, 'dead', textOf(error)));
    } else line.push(message);
  }
  return chunks.commit({ ...part, line });
}
