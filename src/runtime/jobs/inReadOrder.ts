import { Observable, type MonoTypeOperatorFunction } from 'rxjs';
import { listen } from '../../../operators/internal/listen.ts';
import { WeirError } from '../../errors.ts';
import type { Message } from '../../message/message.ts';

/**
 * Puts the rows of a partition back into the order in which they were read.
 *
 * ```
 * source   --a--c--d--b-----|     read: a b c d
 *          inReadOrder
 * result   --a--------(bcd)-|
 * ```
 *
 * Each row has the place that `placeOf` gives it, from 0 without gaps. A source that completes before all that are below a row
 * have come is a defect. Memory: the rows that wait for one before them, bounded by the window.
 */
export function inReadOrder<T>(stage: string, placeOf: (position: string) => number): MonoTypeOperatorFunction<Message<T>> {
  return (source) =>
    new Observable((subscriber) => {
      const waiting = new Map<number, Message<T>>();
      let next = 0;
      const emit = (message: Message<T>): void => {
        next += 1;
        subscriber.next(message);
      };
      listen(source, subscriber, {
        next: (message) => {
          const place = placeOf(message.envelope.position);
          if (place !== next) {
            waiting.set(place, message);
            return;
          }
          emit(message);
          for (let follower = waiting.get(next); follower !== undefined; follower = waiting.get(next)) {
            waiting.delete(next);
            emit(follower);
          }
        },
        complete: () => {
          if (waiting.size === 0) subscriber.complete();
          else subscriber.error(new WeirError('defect', `${waiting.size} rows came to ${stage} and one before them never did.`));
        },
      });
    });
}
