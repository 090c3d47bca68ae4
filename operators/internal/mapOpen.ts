import { Observable } from 'rxjs';
import { Decision, type Answer } from '../../src/message/decision.ts';
import { decide, isOpen, withValue, type Message, type Open } from '../../src/message/message.ts';
import { asStage, type Step } from '../step.ts';
import { listen } from './listen.ts';
import { putAside } from './putAside.ts';
import { StageMeter } from './stageMeter.ts';

/**
 * A stage around a synchronous function that never throws for a message's sake: what it throws errors the chain.
 * Order is kept, but for messages that are dead: each leaves when its dead letter is durable, and the following ones do not
 * wait for it. Completes when the source has and no dead letter is being written. Keeps nothing but messages that are being
 * put aside.
 */
export function mapOpen<A, B>(stage: string, project: (message: Open<A>) => Answer<B>): Step<A, B> {
  return asStage(
    stage,
    (source) =>
      new Observable<Message<B>>((subscriber) => {
        const meter = new StageMeter(stage);
        let isDone = false;
        let writing = 0;

        const completeWhenQuiet = (): void => {
          if (isDone && writing === 0) subscriber.complete();
        };
        const bury = (message: Open<A>, error: unknown): void => {
          writing++;
          const write = putAside(message, stage, error).subscribe({
            next: (decided) => subscriber.next(decided),
            error: (failure: unknown) => subscriber.error(failure),
            complete: () => {
              writing--;
              completeWhenQuiet();
            },
          });
          subscriber.add(write);
        };
        const answer = (message: Open<A>): Answer<B> => {
          const { run } = message.envelope;
          const startedMs = meter.start(run);
          const result = project(message);
          if (startedMs !== undefined) meter.end(run, startedMs);
          return result;
        };

        listen(source, subscriber, {
          next: (message) => {
            if (!isOpen(message)) {
              subscriber.next(message);
              return;
            }
            const result = answer(message);
            if (!Decision.is(result)) subscriber.next(withValue(message, result));
            else if (result.outcome === 'dead') bury(message, result.error);
            else subscriber.next(decide(message, result.outcome, result.reason));
          },
          complete: () => {
            isDone = true;
            completeWhenQuiet();
          },
        });
      }),
  );
}
