import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { causedBy } from '../message/cause.ts';
import { traceOfTexts, type Trace } from '../message/trace.ts';
import { newTrace } from './beginTrace.ts';
import { contextOf, traceBehind } from './spanTrace.ts';
import { weirTracer } from './weirTracer.ts';

/** What is known of a request before it is understood. */
export interface TracedRequest {
  readonly method: string;
  /** As it is declared: an address that was asked for may hold anything. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A request in its trace. */
export interface RequestTrace {
  readonly trace: Trace;
  /** Calls `work`: what it publishes, and asks of others, stands in the trace. */
  within<R>(work: () => R): R;
  /** It was answered, or its connection is gone. */
  end(status: number): void;
}

/** The trace of a request: the one that it tells of, else a new one. With an SDK it has a span, which names its route and its status. */
export function requestTrace({ method, route, headers }: TracedRequest): RequestTrace {
  const given = traceOfTexts(textOf(headers['traceparent']), textOf(headers['tracestate']));
  const attributes = { 'http.request.method': method, 'http.route': route };
  // Instrumentation of the server itself has read the headers already.
  const parent = trace.getActiveSpan() === undefined ? contextOf(given) : context.active();
  const span = weirTracer()?.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
  const own = (span && traceBehind(span, given?.tracestate)) ?? given ?? newTrace();
  return {
    trace: own,
    within: (work) => causedBy({ traceOf: () => own }, span === undefined ? work : () => context.with(trace.setSpan(parent, span), work)),
    end: (status) => {
      if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.setAttribute('http.response.status_code', status).end();
    },
  };
}

/** A header that came several times is joined as HTTP joins it; of `traceparent` that is none. */
function textOf(value: string | readonly string[] | undefined): string | undefined {
  return value === undefined || typeof value === 'string' ? value : value.join(',');
}
