import type { ObservableInput } from 'rxjs';
import { causedBy, type Cause } from '../message/cause.ts';
import type { Message } from '../message/message.ts';
import { surround } from '../message/surround.ts';
import { traceOf, type Trace } from '../message/trace.ts';
import type { MessageSpans } from '../tracing/messageSpans.ts';

/** What is worked on, as far as its traces need it. */
type Worked = Pick<Message<unknown>, 'envelope'>;

/**
 * Calls `work` with these messages as the cause of what it does, at once or once its answer is subscribed to. A connection that is opened
 * meanwhile holds the cause for as long as it lives: of one message that is its headers, of a chunk nothing once the work has ended.
 */
export function workFor<R>(
  messages: readonly Worked[],
  spans: MessageSpans | undefined,
  work: () => ObservableInput<R>,
): ObservableInput<R> {
  const cause = causeOf(messages, spans);
  const forget = (): void => cause.forget?.();
  return surround({ enter: (entered) => causedBy(cause, entered), ended: forget, failed: forget }, work);
}

function causeOf(messages: readonly Worked[], spans: MessageSpans | undefined): Cause & { forget?(): void } {
  const [first] = messages;
  if (messages.length !== 1 || first === undefined) return new Chunk(messages, spans);
  const { headers } = first.envelope;
  const behind = spans?.traceOf(first.envelope);
  return { traceOf: () => behind ?? traceOf(headers) };
}

/** Messages that are worked on together. Their traces are looked up once somebody asks: most of what is done publishes nothing. */
class Chunk implements Cause {
  #messages: readonly Worked[];
  readonly #spans: MessageSpans | undefined;
  #traces: ReadonlyMap<string, Trace | undefined> | undefined;

  constructor(messages: readonly Worked[], spans: MessageSpans | undefined) {
    this.#messages = messages;
    this.#spans = spans;
  }

  traceOf(key?: string): Trace | undefined {
    if (key === undefined) return undefined;
    this.#traces ??= new Map(
      this.#messages.map(({ envelope }) => [envelope.key, this.#spans?.traceOf(envelope) ?? traceOf(envelope.headers)]),
    );
    return this.#traces.get(key);
  }

  forget(): void {
    this.#messages = [];
    this.#traces = undefined;
  }
}
