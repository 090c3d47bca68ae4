import { randomFillSync } from 'node:crypto';
import { SpanKind } from '@opentelemetry/api';
import type { Trace } from '../message/trace.ts';
import { formatTraceparent } from '../message/traceparent.ts';
import { traceBehind } from './spanTrace.ts';
import { weirTracer } from './weirTracer.ts';

/**
 * Begins a trace for a message that is published to a topic and follows from no other. With an SDK by a span of its own, so that its sampler
 * decides; without one by ids alone, as not recorded.
 */
export function beginTrace(topic: string): Trace {
  const span = weirTracer()?.startSpan(`${topic} publish`, {
    root: true,
    kind: SpanKind.PRODUCER,
    attributes: { 'messaging.destination.name': topic, 'messaging.operation.type': 'send' },
  });
  span?.end();
  return (span && traceBehind(span)) ?? newTrace();
}

/** A trace by ids alone, as not recorded. */
export function newTrace(): Trace {
  return { traceparent: formatTraceparent({ traceId: randomHex(16), parentId: randomHex(8), flags: randomTraceId }) };
}

const randomTraceId = 0b10;

/** Drawn in one go for many ids: a job publishes a hundred thousand messages a second. */
const pool = Buffer.alloc(24 * 256);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
