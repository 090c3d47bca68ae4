import type { Clock } from '../message/clock.ts';

/** What a server that lives takes to answer a question at most, in milliseconds. */
const anAnswerMs = 1_000;

/**
 * What `work` resolves with; undefined when it has not done so `lastChanceMs` after `stop` was aborted, whatever becomes of it then.
 * So a server that is silent does not hold up a stop.
 */
export async function unlessStopped<T>(
  clock: Clock,
  stop: AbortSignal,
  work: Promise<T>,
  lastChanceMs = anAnswerMs,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let cancel = (): void => undefined;
  const onStop = (): void => {
    cancel = clock.after(lastChanceMs, () => resolve(undefined));
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
    stop.removeEventListener('abort', onStop);
  }
}
