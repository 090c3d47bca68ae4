import type { Outgoing } from '../connectors/sink.ts';
import { currentCause } from '../message/cause.ts';
import { traceparentHeader, withTrace } from '../message/trace.ts';
import { beginTrace } from './beginTrace.ts';

/**
 * The headers of a message that is published: in the trace that they tell of, else in that of what is being worked on, else in one that begins
 * here. `follows` is the key of the message that it follows from, where that may be another than its own.
 */
export function tracedHeaders(
  topic: string,
  { key, headers }: Pick<Outgoing, 'key' | 'headers'>,
  follows?: string,
): ReadonlyMap<string, string> {
  if (headers?.has(traceparentHeader)) return headers;
  const cause = currentCause();
  return withTrace(headers, cause?.traceOf(follows) ?? cause?.traceOf(key) ?? beginTrace(topic));
}
