import { forkJoin, map, of, switchMap, type Observable, type ObservableInput } from 'rxjs';
import { Decision, type Answer } from '../src/message/decision.ts';
import { decide, isOpen, withValue, type Decided, type Message } from '../src/message/message.ts';
import type { Run } from '../src/message/run.ts';
import type { Backlog } from './backlog.ts';
import { answerEach } from './internal/answerEach.ts';
import { mapLines, type ChunkOptions } from './internal/chunks.ts';
import { putAside } from './internal/putAside.ts';
import { repeating } from './internal/repeating.ts';
import { stageName } from './internal/stageName.ts';
import type { Repeat, Step } from './step.ts';

export type { ChunkOptions } from './internal/chunks.ts';

export interface MapChunkOptions extends ChunkOptions {
  /** Shared with the stage of effects whose ends it records. */
  readonly backlog?: Backlog;
  /**
   * Makes a chunk's call again when its error may pass or nobody can judge it: for work that may be done twice, and whose messages
   * a restart of the chain would lose track of. Absent: the first such error errors the chain.
   */
  readonly repeat?: Repeat;
}

/**
 * Answers open messages in chunks of at most `size`, gathered for at most `maxWaitMs`; one call at a time, in order.
 *
 * ```
 * source   --a-b-D-c---------d--|
 *          mapChunk(f, { size: 2 })          f([a, b]), f([c, d])
 * result   ----(AB)----------(DCd)|          D decided before: it keeps its place, f never sees it
 * ```
 *
 * `project` is given values of open messages, never none, and answers one for each in the same order; another length is a
 * defect of that call. A chunk that fails permanently or by a defect is halved, in order, until the message is alone; that one
 * is put aside and its neighbours go on, so `project` may see a value several times and must do its work in a transaction. An
 * error that may pass, or that nobody can judge, errors the chain, once `repeat` is over; nothing of the chunk is settled then.
 * Completion of the source flushes.
 *
 * Memory: the chunk in work and what arrives meanwhile; nothing here bounds it but the window of the pipeline, and a `backlog`
 * that it shares with the effects above it.
 */
export function mapChunk<T, R>(
  project: (values: readonly T[]) => ObservableInput<readonly Answer<R>[]>,
  options: MapChunkOptions,
): Step<T, R> {
  const stage = stageName(project);
  const call = (line: readonly Message<T>[], run: Run): Observable<readonly Message<R>[]> => {
    const open = line.every(isOpen) ? line : line.filter(isOpen);
    return repeating(stage, run, options.repeat, () => answerEach(stage, open, project)).pipe(
      switchMap((answers) => conclude(line, answers, stage)),
    );
  };
  return mapLines(stage, call, { ...options, decided: 'pass' });
}

/** The line with its open messages as they were answered, once the dead letters among them are durable. */
function conclude<R>(line: readonly Message<unknown>[], answers: readonly Answer<R>[], stage: string): Observable<readonly Message<R>[]> {
  const places: number[] = [];
  const burials: Observable<Decided>[] = [];
  let answered = 0;
  const messages = line.map((message, place): Message<R> => {
    if (!isOpen(message)) return message;
    const answer = answers[answered++] as Answer<R>; // there are as many as open messages
    if (!Decision.is(answer)) return withValue(message, answer);
    if (answer.outcome === 'dead') {
      places.push(place);
      burials.push(putAside(message, stage, answer.error));
    }
    return decide(message, answer.outcome, answer.reason);
  });
  if (burials.length === 0) return of(messages);
  return forkJoin(burials).pipe(
    map((buried) => {
      buried.forEach((decided, at) => (messages[places[at] as number] = decided));
      return messages;
    }),
  );
}
