import type { Cause } from '../message/cause.ts';
import type { Message } from '../message/message.ts';
import { traceOf, type Trace } from '../message/trace.ts';
import type { MessageSpans } from '../tracing/messageSpans.ts';

/** What is worked on, as far as its traces need it. */
type Worked = Pick<Message<unknown>, 'envelope'>;

/** The cause that messages are which are worked on together. It costs little unless it is asked: most of what is done publishes nothing. */
export function causeOf(messages: readonly Worked[], spans: MessageSpans | undefined): Cause {
  const [first] = messages;
  if (messages.length !== 1 || first === undefined) return new Several(messages, spans);
  const { headers } = first.envelope;
  const behind = spans?.traceOf(first.envelope);
  return { traceOf: () => behind ?? traceOf(headers) };
}

/** A chunk. It is held weakly, since a connection that is opened meanwhile holds the cause; whoever works on it holds it. */
class Several implements Cause {
  readonly #messages: WeakRef<readonly Worked[]>;
  readonly #spans: MessageSpans | undefined;
  #traces: ReadonlyMap<string, Trace | undefined> | undefined;

  constructor(messages: readonly Worked[], spans: MessageSpans | undefined) {
    this.#messages = new WeakRef(messages);
    this.#spans = spans;
  }

  traceOf(key?: string): Trace | undefined {
    if (key === undefined) return undefined;
    this.#traces ??= new Map(
      this.#messages.deref()?.map(({ envelope }) => [envelope.key, this.#spans?.traceOf(envelope) ?? traceOf(envelope.headers)]),
    );
    return this.#traces.get(key);
  }
}
