import type { ObservableInput } from 'rxjs';
import type { Logger } from '../logging/logger.ts';
import type { Decided, Envelope } from '../message/message.ts';
import { traceIdField, traceOf } from '../message/trace.ts';
import type { MessageSpans } from '../tracing/messageSpans.ts';
import type { Receipt } from './receipt.ts';
import { workFor } from './workFor.ts';

/** What a run tells of single messages: lines of the log for whoever follows one, and spans where they are recorded. */
export class MessageTraces {
  readonly #pipeline: string;
  readonly #log: Logger;
  readonly #spans: MessageSpans | undefined;

  constructor(pipeline: string, log: Logger, spans: MessageSpans | undefined) {
    this.#pipeline = pipeline;
    this.#log = log;
    this.#spans = spans;
  }

  /** A message was received. */
  begin(receipt: Receipt): Receipt {
    this.#spans?.begin(receipt);
    return receipt;
  }

  /** Calls a stage's function with these messages as the cause of what it does. */
  within<R>(stage: string, messages: readonly Pick<Decided, 'envelope'>[], work: () => ObservableInput<R>): ObservableInput<R> {
    const spans = this.#spans;
    return workFor(messages, spans, spans === undefined ? work : () => spans.during(stage, messages, work));
  }

  /** A message was put aside. */
  putAside(envelope: Envelope, stage: string, code: string, error: string): void {
    this.#spans?.putAside(envelope, stage, code);
    const { partition, position } = envelope;
    this.#log.warn('message put aside', { pipeline: this.#pipeline, stage, code, partition, position, error, ...this.#traceId(envelope) });
  }

  /** Messages are settled, or given back: a line for each, for whoever follows one; where nobody does, none is made. */
  ended(sentence: 'message settled' | 'message released', messages: readonly Decided[]): void {
    if (this.#log.isDebug?.(this.#pipeline) === true) for (const message of messages) this.#tell(sentence, message);
    if (this.#spans !== undefined) for (const { envelope, outcome } of messages) this.#spans.end(envelope, outcome);
  }

  /** The run is over: whatever is in flight is given back. */
  endAll(): void {
    this.#spans?.endAll();
  }

  #tell(sentence: string, { envelope, outcome, reason }: Decided): void {
    const { partition, position } = envelope;
    const fields = { pipeline: this.#pipeline, partition, position, outcome, ...this.#traceId(envelope) };
    this.#log.debug(sentence, reason === '' ? fields : { ...fields, reason });
  }

  #traceId(envelope: Envelope): { readonly traceId?: string } {
    return traceIdField(this.#spans?.traceOf(envelope) ?? traceOf(envelope.headers));
  }
}
