import { Observable } from 'rxjs';
import { kindOf, WeirError } from '../../src/errors.ts';
import type { Answer } from '../../src/message/decision.ts';
import type { Run } from '../../src/message/run.ts';
import type { Effect } from '../effectOptions.ts';
import { firstAnswer } from './firstAnswer.ts';

/**
 * Calls an effect once and emits its answer. When it takes longer than `timeLimitMs` of elapsed time its signal is aborted. An
 * effect that answers that at once by a transient error surely did not happen: `unavailable`. Else the error is `timedOut`, which
 * is unknown: it may have happened; what the effect says later is dropped. Unsubscribing aborts the signal too.
 */
export function callWithin<V, R>(timeLimitMs: number, run: Run, value: V, effect: Effect<V, R>): Observable<Answer<R>> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    let isEnded = false;
    let late: WeirError | undefined;
    let cancelTimer = run.clock.after(timeLimitMs, () => {
      const error = new WeirError('timedOut', `The call took longer than ${timeLimitMs} ms; whether it had its effect is unknown.`);
      late = error;
      controller.abort(error);
      // An effect that obeys its signal has told its end by then.
      cancelTimer = run.clock.after(0, () => {
        isEnded = true;
        subscriber.error(error);
      });
    });
    subscriber.add(() => {
      cancelTimer();
      if (!isEnded) controller.abort(new WeirError('cancelled', 'The run ended before the call did.'));
    });
    const call = firstAnswer(run, () => effect(value, controller.signal)).subscribe({
      next: (answer) => {
        isEnded = true;
        if (late === undefined) subscriber.next(answer);
        else subscriber.error(late);
      },
      error: (error: unknown) => {
        isEnded = true;
        subscriber.error(late === undefined ? error : judged(late, error, timeLimitMs));
      },
      complete: () => subscriber.complete(),
    });
    subscriber.add(call);
  });
}

function judged(late: WeirError, error: unknown, timeLimitMs: number): WeirError {
  if (kindOf(error) !== 'transient') return late;
  return new WeirError('unavailable', `The call was given up after ${timeLimitMs} ms, before it had an effect.`, { cause: error });
}
