import { isOpen } from '../../src/message/message.ts';
import type { Effect, EffectOptions } from '../effectOptions.ts';
import type { Step } from '../step.ts';
import { mergeEffects } from './mergeEffects.ts';
import { stageName } from './stageName.ts';

/** A stage of effects that acts on every open message; decided ones pass. */
export function mergeOpen<T, R>(project: Effect<T, R>, options: EffectOptions<T, R, R, R>, isOrdered: boolean): Step<T, R> {
  return mergeEffects<T, T, never, R>({
    stage: stageName(project),
    effect: project,
    options,
    isOrdered,
    route: (message, act, pass) => (isOpen(message) ? act(message) : pass(message)),
  });
}
