import type { Clock } from './clock.ts';

/** Resolves after `delayMs` of elapsed time, or as soon as the signal is aborted. Never rejects, and leaves nothing behind. */
export async function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => resolve(undefined);
  const cancel = clock.after(delayMs, end);
  signal?.addEventListener('abort', end, { once: true });
  await promise;
  cancel();
  signal?.removeEventListener('abort', end);
}
