import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api';
import type { ObservableInput } from 'rxjs';
import { codeOf } from '../errors.ts';
import type { Envelope, Message, Outcome } from '../message/message.ts';
import { surround } from '../message/surround.ts';
import { traceOf, type Trace } from '../message/trace.ts';
import { contextOf, traceBehind } from './spanTrace.ts';
import { weirTracer } from './weirTracer.ts';

/** As many messages of a chunk as its span links to. */
const mostLinks = 128;

/** The spans of the messages of a pipeline; undefined where no SDK is loaded, so that nothing is done about them. */
export function messageSpans(pipeline: string): MessageSpans | undefined {
  const tracer = weirTracer();
  return tracer && new MessageSpans(tracer, pipeline);
}

/**
 * A span for each message, from its arrival until it is settled, and one for each call of a stage. They bear names of ours: pipeline, stage,
 * topic, partition, outcome and code; never a key, a value, a header or the sentence of an error. Memory: the spans of messages in flight.
 */
export class MessageSpans {
  readonly #tracer: Tracer;
  readonly #name: string;
  readonly #attributes: Attributes;
  readonly #spans = new Map<Envelope, Span>();

  constructor(tracer: Tracer, pipeline: string) {
    this.#tracer = tracer;
    this.#name = `${pipeline} process`;
    this.#attributes = { 'weir.pipeline': pipeline };
  }

  /** A message was received. */
  begin(envelope: Envelope): void {
    const { partition, attempt, headers } = envelope;
    const attributes = {
      ...this.#attributes,
      'messaging.operation.type': 'process',
      'messaging.destination.name': partition.replace(/\/\d+$/, ''),
      'messaging.destination.partition.id': partition,
      'weir.attempt': attempt,
    };
    const options = { kind: SpanKind.CONSUMER, attributes };
    this.#spans.set(envelope, this.#tracer.startSpan(this.#name, options, contextOf(traceOf(headers))));
  }

  /** It was put aside in a stage. */
  putAside(envelope: Envelope, stage: string, code: string): void {
    this.#spans.get(envelope)?.setAttributes({ 'weir.stage': stage, 'weir.code': code }).setStatus({ code: SpanStatusCode.ERROR });
  }

  /** It is settled, or released. */
  end(envelope: Envelope, outcome: Outcome): void {
    this.#spans.get(envelope)?.setAttribute('weir.outcome', outcome).end();
    this.#spans.delete(envelope);
  }

  /** The run is over: what is in flight is released. */
  endAll(): void {
    for (const envelope of this.#spans.keys()) this.end(envelope, 'released');
  }

  /** The trace of what follows from a message. */
  traceOf(envelope: Envelope): Trace | undefined {
    const span = this.#spans.get(envelope);
    return span && traceBehind(span, traceOf(envelope.headers)?.tracestate);
  }

  /**
   * Calls a stage's function for these messages in a span of its own, below that of a message, or linked to those of several; instrumentation
   * of clients that it uses finds it as the active one. The span ends with what the function answers, and has its code if that fails.
   */
  during<R>(stage: string, messages: readonly Pick<Message<unknown>, 'envelope'>[], work: () => ObservableInput<R>): ObservableInput<R> {
    const parents = messages.slice(0, mostLinks).flatMap(({ envelope }) => this.#spans.get(envelope) ?? []);
    const [parent] = parents;
    const attributes = { ...this.#attributes, 'weir.stage': stage, 'weir.count': messages.length };
    const span =
      messages.length === 1 && parent !== undefined
        ? this.#tracer.startSpan(stage, { attributes }, trace.setSpan(ROOT_CONTEXT, parent))
        : this.#tracer.startSpan(
            stage,
            { attributes, root: true, links: parents.map((each) => ({ context: each.spanContext() })) },
            ROOT_CONTEXT,
          );
    return surround(
      {
        enter: (entered) => context.with(trace.setSpan(ROOT_CONTEXT, span), entered),
        ended: () => span.end(),
        failed: (error) => span.setAttribute('weir.code', codeOf(error)).setStatus({ code: SpanStatusCode.ERROR }).end(),
      },
      work,
    );
  }
}
