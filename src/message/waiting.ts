import type { Clock } from './clock.ts';

/** Settles as `work` does, or rejects with `error()` when that takes longer than `limitMs` of elapsed time. */
export async function within<T>(clock: Clock, limitMs: number, work: Promise<T>, error: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(limitMs, () => reject(error()));
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}

/** Calls `work` every `delayMs` after its last end, until the returned function is called. Its errors go to `failed`. */
export function repeat(clock: Clock, delayMs: number, work: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let isOver = false;
  let cancel: () => void = () => undefined;
  const next = (): void => {
    if (isOver) return;
    cancel = clock.after(delayMs, () => void work().catch(failed).then(next));
  };
  next();
  return () => {
    isOver = true;
    cancel();
  };
}
