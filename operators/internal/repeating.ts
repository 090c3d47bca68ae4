import { defer, finalize, Observable, retry, throwError } from 'rxjs';
import { mayPass } from '../../src/errors.ts';
import { backOffMs } from '../../src/message/backOff.ts';
import type { Run } from '../../src/message/run.ts';
import type { Repeat } from '../step.ts';

/**
 * Makes a call that may be repeated: one that fails in a way that may pass, or that nobody can judge, is made again with back-off,
 * for as long as the options say; then its error is passed on. Without options it is made once. Unsubscribing ends a wait.
 *
 * From its first failure until its end the run waits for it, and so does not stand: how long that may take is for the options to
 * say. A run that drains lets it go on, since it finishes what was read; one that is cut ends the wait with the last error.
 */
export function repeating<R>(
  stage: string,
  run: Pick<Run, 'clock' | 'signal' | 'retried' | 'waitsFor'>,
  repeat: Repeat | undefined,
  call: () => Observable<R>,
): Observable<R> {
  if (repeat === undefined) return call();
  const { firstDelayMs, maxDelayMs, forMs } = repeat;
  return defer(() => {
    const startedMs = run.clock.elapsedMs();
    let endWaiting: (() => void) | undefined;
    const delay = (error: unknown, attempt: number): Observable<unknown> => {
      const delayMs = backOffMs({ firstMs: firstDelayMs, maxMs: maxDelayMs }, attempt, run.clock);
      const isOver = run.signal.aborted || run.clock.elapsedMs() - startedMs + delayMs > forMs;
      if (isOver || !mayPass(error)) return throwError(() => error as Error);
      endWaiting ??= run.waitsFor({ why: 'again', name: stage });
      run.retried(stage);
      return after(run, delayMs, error);
    };
    return defer(call).pipe(
      retry({ delay }),
      finalize(() => endWaiting?.()),
    );
  });
}

/** Emits once after a time, or errors with `error` as soon as the run is cut. */
function after({ clock, signal }: Pick<Run, 'clock' | 'signal'>, delayMs: number, error: unknown): Observable<undefined> {
  return new Observable((subscriber) => {
    const cut = (): void => subscriber.error(error);
    const cancel = clock.after(delayMs, () => subscriber.next(undefined));
    signal.addEventListener('abort', cut);
    return () => {
      cancel();
      signal.removeEventListener('abort', cut);
    };
  });
}
