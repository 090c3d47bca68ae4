import { Observable } from 'rxjs';
import { WeirError } from '../../src/errors.ts';
import type { Answer } from '../../src/message/decision.ts';
import type { Run } from '../../src/message/run.ts';
import type { Effect } from '../effectOptions.ts';
import { firstAnswer } from './firstAnswer.ts';

/**
 * Calls an effect once and emits its answer. When it takes longer than `timeLimitMs` of elapsed time its signal is aborted and
 * the error is `timedOut`, which is unknown: it may have happened. Unsubscribing aborts the signal too. What the effect says
 * after its signal was aborted is dropped.
 */
export function callWithin<V, R>(timeLimitMs: number, run: Run, value: V, effect: Effect<V, R>): Observable<Answer<R>> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    let isEnded = false;
    const cancelTimer = run.clock.after(timeLimitMs, () => {
      const error = new WeirError('timedOut', `The call took longer than ${timeLimitMs} ms; whether it had its effect is unknown.`);
      isEnded = true;
      call.unsubscribe();
      controller.abort(error);
      subscriber.error(error);
    });
    subscriber.add(() => {
      cancelTimer();
      if (!isEnded) controller.abort(new WeirError('cancelled', 'The run ended before the call did.'));
    });
    const call = firstAnswer(run, () => effect(value, controller.signal)).subscribe({
      next: (answer) => {
        isEnded = true;
        subscriber.next(answer);
      },
      error: (error: unknown) => {
        isEnded = true;
        subscriber.error(error);
      },
      complete: () => subscriber.complete(),
    });
    subscriber.add(call);
  });
}
