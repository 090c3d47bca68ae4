import { causedBy, type Cause } from '../message/cause.ts';
import type { Message } from '../message/message.ts';
import { traceOf, type Trace } from '../message/trace.ts';
import type { MessageSpans } from '../tracing/messageSpans.ts';

/** What is worked on, as far as its traces need it. */
type Worked = Pick<Message<unknown>, 'envelope'>;

/**
 * Calls `work` with these messages as the cause of what it does. A connection that is opened meanwhile holds the cause for as long as it
 * lives: of one message that is its headers, of a chunk nothing once the call has ended.
 */
export function workFor<R>(messages: readonly Worked[], spans: MessageSpans | undefined, work: () => R): R {
  const [first] = messages;
  if (messages.length === 1 && first !== undefined) {
    const { headers } = first.envelope;
    const behind = spans?.traceOf(first.envelope);
    return causedBy({ traceOf: () => behind ?? traceOf(headers) }, work);
  }
  const chunk = new Chunk(messages, spans);
  const forget = (): void => chunk.forget();
  const result = causedBy(chunk, work);
  if (result instanceof Promise) result.then(forget, forget);
  else forget();
  return result;
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
