import type { EffectOptions } from '../../operators/effectOptions.ts';

/** Options of an effect with defaults: two at once, 100 ms a call, no retries, 50 ms of holding, unknown tried again. */
export function anEffect<V, U = never, W = never, L = never>(over: Partial<EffectOptions<V, U, W, L>> = {}): EffectOptions<V, U, W, L> {
  return {
    concurrency: 2,
    timeLimitMs: 100,
    retry: { maxRetries: 0, firstDelayMs: 10, maxDelayMs: 40 },
    holdMs: 50,
    unknown: 'retry',
    ...over,
  };
}
