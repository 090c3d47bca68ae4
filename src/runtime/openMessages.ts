import { Observable } from 'rxjs';
import { codeOf } from '../errors.ts';
import type { Delivery, Message } from '../message/message.ts';
import type { Receipt } from './receipt.ts';

/** What is done with what a source emits. */
export interface Reading {
  receive(delivery: Delivery<unknown>): Receipt;
  /** Puts a refused message aside; resolves when its dead letter is durable. */
  putAside(receipt: Receipt, error: unknown): Promise<void>;
}

/**
 * The top of a chain: each delivery as an open message. One that the source refuses is put aside first and enters decided, dead;
 * those behind it do not wait. Completes when the source has and no dead letter is being written. Memory: the refused messages
 * whose dead letters are being written, bounded by the window.
 */
export function openMessages<V>(delivery$: Observable<Delivery<V>>, reading: Reading): Observable<Message<V>> {
  return new Observable((subscriber) => {
    let refusing = 0;
    let isDone = false;
    const completeWhenQuiet = (): void => {
      if (isDone && refusing === 0) subscriber.complete();
    };
    return delivery$.subscribe({
      next: (delivery) => {
        const { refusal } = delivery;
        const receipt = reading.receive(delivery);
        if (refusal === undefined) {
          subscriber.next({ envelope: receipt, value: delivery.value });
          return;
        }
        refusing += 1;
        reading.putAside(receipt, refusal).then(
          () => {
            refusing -= 1;
            subscriber.next({ envelope: receipt, outcome: 'dead', reason: codeOf(refusal) });
            completeWhenQuiet();
          },
          (error: unknown) => subscriber.error(error),
        );
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => {
        isDone = true;
        completeWhenQuiet();
      },
    });
  });
}
