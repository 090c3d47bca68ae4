import { catchError, from, tap } from 'rxjs';
import { codeOf, textOf, WeirError } from '../src/errors.ts';
import type { Effect } from './effectOptions.ts';
import type { RateLimit } from './rateLimit.ts';

export interface ThrottlingOptions<V> {
  /** The rate that falls and grows back; the `limit` of the same stage. */
  readonly rate: RateLimit<V>;
  /** How long a message that the other side would not take now is left alone, in milliseconds. */
  readonly pauseMs: (value: V) => number;
}

/**
 * An effect that heeds the other side's "not now" (`throttled`): the rate of the message's key falls, and the message is put off for
 * its pause instead of being tried again at once. With each call that is answered the rate grows back.
 *
 * ```
 * calls    a1 a2 a3 … throttled → a4    a5    a6 … answered → a7 a8 a9
 * ```
 *
 * The name is the effect's own, so that the stage keeps it. Memory: none of its own.
 */
export function heedThrottling<V, R>(effect: Effect<V, R>, { rate, pauseMs }: ThrottlingOptions<V>): Effect<V, R> {
  const heeding: Effect<V, R> = (value, signal) =>
    from(effect(value, signal)).pipe(
      tap(() => rate.speedUp(value)),
      catchError((error: unknown) => {
        if (codeOf(error) !== 'throttled') throw error;
        rate.slowDown(value);
        throw new WeirError('throttled', textOf(error), { cause: error, retryAfterMs: pauseMs(value) });
      }),
    );
  return Object.defineProperty(heeding, 'name', { value: effect.name });
}
