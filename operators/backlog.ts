import { requireAtLeast } from './internal/requireAtLeast.ts';

/** Messages whose effects have ended and that nobody has recorded yet. A stage of effects and its `mapChunk` share one. */
export interface Backlog {
  /** Whether it holds as many as it may: effects wait. */
  isFull(): boolean;
  /** An open message came to the stage that records it. */
  enter(): void;
  /** So many were recorded. */
  leave(count: number): void;
  /** Calls `wake` whenever it is full no more. Returns the end of that. */
  onRoom(wake: () => void): () => void;
}

/**
 * Bounds what is unrecorded between a stage of effects and the `mapChunk` that records it: no effect begins while `maxCount`
 * messages wait to be recorded, so that claimed and unrecorded together are fewer than concurrency + `maxCount`, however slow the
 * recording is. Without it only the window bounds them, and all of them are unknown after a crash. For one subscription of a
 * chain: made where the chain is built.
 */
export function backlog(maxCount: number): Backlog {
  requireAtLeast('maxCount', maxCount, 1);
  const wakes = new Set<() => void>();
  let count = 0;
  const isFull = (): boolean => count >= maxCount;
  return {
    isFull,
    enter: () => {
      count += 1;
    },
    leave: (left) => {
      const wasFull = isFull();
      count -= left;
      if (wasFull && !isFull()) for (const wake of [...wakes]) wake();
    },
    onRoom: (wake) => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
}
