import { defer, endWith, ignoreElements, take, type Observable } from 'rxjs';
import { textOf } from '../../src/errors.ts';
import { decide, type Decided, type Open } from '../../src/message/message.ts';

/** Writes the dead letter of a message, then emits the message as dead. An error means that nothing is durable. */
export function putAside(message: Open<unknown>, stage: string, error: unknown): Observable<Decided> {
  const { envelope } = message;
  return defer(() => envelope.run.deadLetter(envelope, stage, error)).pipe(
    take(1),
    ignoreElements(),
    endWith(decide(message, 'dead', textOf(error))),
  );
}
