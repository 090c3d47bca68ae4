import { from, Observable, take, throwIfEmpty, type ObservableInput } from 'rxjs';
import { WeirError } from '../../src/errors.ts';
import type { Run } from '../../src/message/run.ts';

/**
 * Calls `work` at subscription and emits the first thing it answers, then completes. A throw is an error like any other; an
 * answer that never comes although the work has ended is a defect. A Promise is told to the run, since unsubscribing does not
 * stop it.
 */
export function firstAnswer<R>(run: Run, work: () => ObservableInput<R>): Observable<R> {
  return new Observable((subscriber) => {
    let answer$: Observable<R>;
    try {
      const answer = work();
      if (isPromiseLike(answer)) run.track(answer);
      answer$ = from(answer);
    } catch (error) {
      subscriber.error(error);
      return;
    }
    return answer$.pipe(take(1), throwIfEmpty(nothingAnswered)).subscribe(subscriber);
  });
}

function isPromiseLike<R>(answer: ObservableInput<R>): answer is PromiseLike<R> & ObservableInput<R> {
  return 'then' in answer && typeof answer.then === 'function';
}

function nothingAnswered(): WeirError {
  return new WeirError('defect', 'A function of the chain ended without an answer; one was expected.');
}
