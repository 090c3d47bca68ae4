import type { Clock } from '../../message/clock.ts';

/** Waits `delayMs` of elapsed time, or until the signal is aborted. Never rejects. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal.addEventListener('abort', end, { once: true });
  });
}

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
