import { Subject, takeUntil, type Observable, type Subscriber } from 'rxjs';

/** What an operator does with its source; an error goes on to the subscriber as it is. */
export interface Listener<T> {
  next(value: T): void;
  complete(): void;
}

/**
 * Subscribes an operator to its source: the source is left when the subscriber leaves, even from within a synchronous emission
 * (a plain `source.subscribe` returns too late for that and never ends on an endless synchronous source), and a throw in a
 * handler reaches the subscriber (RxJS reports it elsewhere and goes on with the next value).
 */
export function listen<T, R>(source: Observable<T>, subscriber: Subscriber<R>, listener: Listener<T>): void {
  const left = new Subject<void>();
  subscriber.add(() => left.next());
  source.pipe(takeUntil(left)).subscribe({
    next: (value) => {
      try {
        listener.next(value);
      } catch (error) {
        subscriber.error(error);
      }
    },
    error: (error: unknown) => subscriber.error(error),
    complete: () => {
      if (!subscriber.closed) listener.complete();
    },
  });
}
