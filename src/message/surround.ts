import { AsyncLocalStorage } from 'node:async_hooks';
import { from, Observable, type ObservableInput } from 'rxjs';

/** What work is done in: the cause of what it does, or its span. */
export interface Surroundings {
  /** Calls `work` in them. */
  enter<T>(work: () => T): T;
  /** Told once, when the work has ended or was given up. */
  ended(): void;
  /** Told instead when it failed. */
  failed(error: unknown): void;
}

/**
 * Calls `work` in its surroundings, and does there too what its answer does: a promise until it settles; an observable, which begins when it
 * is subscribed to (once), until its teardown. Whoever is told of the answer is outside of them.
 */
export function surround<R>(surroundings: Surroundings, work: () => ObservableInput<R>): ObservableInput<R> {
  try {
    const answer = surroundings.enter(work);
    if (!('then' in answer)) return subscribedIn(surroundings, answer);
    answer.then(
      () => surroundings.ended(),
      (error: unknown) => surroundings.failed(error),
    );
    return answer;
  } catch (error) {
    surroundings.failed(error);
    throw error;
  }
}

function subscribedIn<R>(surroundings: Surroundings, answer: ObservableInput<R>): Observable<R> {
  return new Observable((subscriber) => {
    const outside = AsyncLocalStorage.snapshot();
    let hasFailed = false;
    subscriber.add(() => {
      if (!hasFailed) surroundings.ended();
    });
    const subscription = surroundings.enter(() =>
      from(answer).subscribe({
        next: (value) => outside(() => subscriber.next(value)),
        error: (error: unknown) => {
          hasFailed = true;
          surroundings.failed(error);
          outside(() => subscriber.error(error));
        },
        complete: () => outside(() => subscriber.complete()),
      }),
    );
    subscriber.add(subscription);
  });
}
