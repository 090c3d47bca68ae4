import type { Effect, EffectOptions } from './effectOptions.ts';
import { mergeOpen } from './internal/mergeOpen.ts';
import type { Step } from './step.ts';

/**
 * Runs an effect for each open message, up to `concurrency` at once, and emits each as it ends: the answer, or the verdict that
 * the options give for what is refused, unknown or put off.
 *
 * ```
 * source   --a-b-D-c-----|
 *          mergeMapEach(f, { concurrency: 2, … })     f = ---x|
 * result   -----ADB--C|                               c waited for a slot, D was decided before
 * ```
 *
 * Order is not kept; decided messages pass at once. Each call is under a time limit and gets a signal that is aborted when it
 * fires, at unsubscription, and when the run is cut. Transient errors are tried again within `holdMs`, holding their slot. What
 * fails for good without a verdict is put aside first; an error of `claim` that may pass, or a dead letter that could not be
 * written, errors the chain. When the run drains, waits for a rate or a retry end at once (see `runEffect`), and what can start
 * now still runs.
 *
 * Memory: everything that the source has emitted and that has not ended. `concurrency` bounds the work, not the line before it:
 * **like `mergeMap`, this buffers its input without limit**; the window of the pipeline bounds it.
 */
export function mergeMapEach<T, R, U = never, W = never, L = never>(
  project: Effect<T, R>,
  options: EffectOptions<NoInfer<T>, U, W, L>,
): Step<T, R | U | W | L> {
  return mergeOpen<T, R | U | W | L>(project, options, false);
}
