import { isOpen, type Message, type Open } from '../src/message/message.ts';
import type { Effect, EffectOptions } from './effectOptions.ts';
import { mergeEffects } from './internal/mergeEffects.ts';
import { stageName } from './internal/stageName.ts';
import type { Step } from './step.ts';

/** The values of `T` whose `kind` is `K`. */
export type OfKind<T, K> = NoInfer<Extract<T, { readonly kind: K }>>;

/**
 * `mergeMapEach` for the verdicts of one kind; others pass by at once.
 *
 * ```
 * source   --s1-q-s2--|            s of kind 'send', q of kind 'quiet'
 *          mergeMapWhen('send', f, { concurrency: 2, … })     f = ----x|
 * result   -----qS1-S2|
 * ```
 *
 * Guarantees and memory as `mergeMapEach`.
 */
export function mergeMapWhen<T extends { readonly kind: string }, const K extends T['kind'], R, U = never, W = never, L = never>(
  kind: K,
  project: Effect<OfKind<T, K>, R>,
  options: EffectOptions<OfKind<T, K>, U, W, L>,
): Step<T, Exclude<T, { readonly kind: K }> | R | U | W | L> {
  return mergeEffects<T, OfKind<T, K>, Exclude<T, { readonly kind: K }>, R | U | W | L>({
    stage: stageName(project),
    effect: project,
    options,
    isOrdered: false,
    route: (message, act, pass) => {
      if (isOfKind(message, kind)) act(message);
      else pass(message as Message<Exclude<T, { readonly kind: K }>>); // what is left after the test above
    },
  });
}

function isOfKind<T extends { readonly kind: string }, K>(message: Message<T>, kind: K): message is Open<OfKind<T, K>> & Message<T> {
  return isOpen(message) && message.value.kind === kind;
}
