import type { Clock } from '../../message/clock.ts';

/** Resolves after `delayMs` of elapsed time, or as soon as the signal is aborted. */
export async function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(delayMs, () => resolve(undefined));
  const stop = (): void => resolve(undefined);
  signal?.addEventListener('abort', stop);
  await promise;
  cancel();
  signal?.removeEventListener('abort', stop);
}
