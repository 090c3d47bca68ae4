import { WeirError } from '../errors.ts';
import type { Clock } from '../message/clock.ts';

/** Reaches for something and aborts that after `limitMs` of elapsed time: then rejects with `timedOut` and this sentence. */
export async function reachWithin(
  clock: Clock,
  limitMs: number,
  sentence: string,
  reach: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = new AbortController();
  const cancel = clock.after(limitMs, () => limit.abort());
  try {
    await reach(limit.signal);
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    throw new WeirError('timedOut', sentence, { cause: error, kind: 'transient' });
  } finally {
    cancel();
  }
}
