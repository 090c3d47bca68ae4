import type { Effect, EffectOptions } from './effectOptions.ts';
import { mergeOpen } from './internal/mergeOpen.ts';
import type { Step } from './step.ts';

/**
 * `mergeMapEach` with the messages of one key in order: a key's next effect begins when its last has ended, up to `concurrency`
 * keys at once.
 *
 * ```
 * source   --a1-a2-b1-D---|          D is decided, of key a
 *          mergeMapByKey(f, { concurrency: 2, … })     f = -----x|
 * result   -------A1--B1A2D|
 * ```
 *
 * A decided message waits behind its key without taking a slot. A message that waits for its rate or a retry holds up its own
 * key only. Where a message is given back because the run drains, those behind it are given back too, since they would overtake
 * it. (`groupBy` with a bounded `mergeMap` loses messages as soon as there are more keys than slots.)
 *
 * Memory: as `mergeMapEach`; a key takes memory only while a message of it is here.
 */
export function mergeMapByKey<T, R, U = never, W = never, L = never>(
  project: Effect<T, R>,
  options: EffectOptions<NoInfer<T>, U, W, L>,
): Step<T, R | U | W | L> {
  return mergeOpen<T, R | U | W | L>(project, options, true);
}
