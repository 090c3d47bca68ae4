import { formatTraceparent, parseTraceparent } from './traceparent.ts';

/** The trace that a message or a request belongs to, as its headers carry it. */
export interface Trace {
  /** As `formatTraceparent` writes it. */
  readonly traceparent: string;
  /** What other systems noted about the trace: handed on untouched, never looked at nor shown. */
  readonly tracestate?: string;
}

/** Names of the headers, on the bus and over HTTP. */
export const traceparentHeader = 'traceparent';
export const tracestateHeader = 'tracestate';

/** What the standard asks everybody to hand on; what is longer, or is no plain text of a header, is dropped. */
const tracestateForm = /^[\x20-\x7e]{1,512}$/;

/** The trace that these headers tell of; undefined where they tell of none, or not to the letter. */
export function traceOf(headers: ReadonlyMap<string, string>): Trace | undefined {
  return traceOfTexts(headers.get(traceparentHeader), headers.get(tracestateHeader));
}

/** The same of the texts of the two headers. */
export function traceOfTexts(traceparent = '', tracestate = ''): Trace | undefined {
  const read = traceparent === '' ? undefined : parseTraceparent(traceparent);
  if (read === undefined) return undefined;
  return { traceparent: formatTraceparent(read), ...(tracestateForm.test(tracestate) && { tracestate }) };
}

/** The id of the trace, for people. */
export function traceIdOf({ traceparent }: Trace): string {
  return traceparent.slice(3, 35);
}

/** The id as a field of a line in a log, or of an answer; none where there is no trace. */
export function traceIdField(trace: Trace | undefined): { readonly traceId?: string } {
  return trace === undefined ? {} : { traceId: traceIdOf(trace) };
}

/** These headers with the trace in them. */
export function withTrace(headers: ReadonlyMap<string, string> | undefined, trace: Trace): ReadonlyMap<string, string> {
  const { traceparent, tracestate } = trace;
  const traced = new Map(headers);
  traced.set(traceparentHeader, traceparent);
  if (tracestate === undefined) traced.delete(tracestateHeader);
  else traced.set(tracestateHeader, tracestate);
  return traced;
}
