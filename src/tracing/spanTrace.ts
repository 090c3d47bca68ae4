import { isSpanContextValid, ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';
import type { Trace } from '../message/trace.ts';
import { formatTraceparent, parseTraceparent } from '../message/traceparent.ts';

/** The trace as it stands behind a span; undefined for a span that has no ids. `tracestate` is what came in, if anything did. */
export function traceBehind(span: Span, tracestate?: string): Trace | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId: parentId, traceFlags: flags } = context;
  return { traceparent: formatTraceparent({ traceId, parentId, flags }), ...(tracestate !== undefined && { tracestate }) };
}

/**
 * The context of a span that continues this trace; of one that begins a trace where there is none. What strangers wrote into `tracestate`
 * is left out: an SDK would export it.
 */
export function contextOf(parent: Trace | undefined): Context {
  const read = parent && parseTraceparent(parent.traceparent);
  if (read === undefined) return ROOT_CONTEXT;
  const { traceId, parentId: spanId, flags: traceFlags } = read;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
