import { defer, Observable, retry, throwError } from 'rxjs';
import { backOffMs } from '../../src/message/backOff.ts';
import type { Run } from '../../src/message/run.ts';
import type { Repeat } from '../step.ts';
import { mayPass } from './mayPass.ts';

/**
 * Makes a call that may be repeated: one that fails in a way that may pass, or that nobody can judge, is made again with back-off,
 * for as long as the options say; then its error is passed on. Without options it is made once. Unsubscribing ends a wait.
 */
export function repeating<R>(stage: string, run: Run, repeat: Repeat | undefined, call: () => Observable<R>): Observable<R> {
  if (repeat === undefined) return call();
  const { firstDelayMs, maxDelayMs, forMs } = repeat;
  return defer(() => {
    const startedMs = run.clock.elapsedMs();
    const delay = (error: unknown, attempt: number): Observable<unknown> => {
      const delayMs = backOffMs({ firstMs: firstDelayMs, maxMs: maxDelayMs }, attempt, run.clock);
      const isOver = run.clock.elapsedMs() - startedMs + delayMs > forMs;
      if (isOver || !mayPass(error)) return throwError(() => error as Error);
      run.retried(stage);
      return after(run, delayMs);
    };
    return defer(call).pipe(retry({ delay }));
  });
}

function after(run: Run, delayMs: number): Observable<undefined> {
  return new Observable((subscriber) => run.clock.after(delayMs, () => subscriber.next(undefined)));
}
