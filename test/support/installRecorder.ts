import { AsyncLocalStorage } from 'node:async_hooks';
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type ContextManager,
  type Link,
  type Span,
  type SpanContext,
  type TracerProvider,
} from '@opentelemetry/api';
import { newTrace } from '../../src/tracing/beginTrace.ts';

/** A span as it was when it ended. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: string;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it began its trace. */
  readonly parentId: string;
  readonly links: readonly string[];
  readonly hasFailed: boolean;
}

/** The least that an SDK is: every span is recorded, and told of once it has ended. */
export function installRecorder(ended: (span: RecordedSpan) => void): void {
  const provider: TracerProvider = {
    getTracer: () => ({
      startSpan: (name, { kind = SpanKind.INTERNAL, attributes = {}, links = [], root = false } = {}, parent = context.active()) =>
        aSpan({ name, kind, attributes, links, parent: root ? undefined : trace.getSpanContext(parent) }, ended),
      startActiveSpan: () => {
        throw new TypeError('not recorded here');
      },
    }),
  };
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(aContextManager());
}

interface SpanFacts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly links: readonly Link[];
  readonly parent: SpanContext | undefined;
}

function aSpan({ name, kind, links, parent, ...facts }: SpanFacts, ended: (span: RecordedSpan) => void): Span {
  const [, ownTrace = '', spanId = ''] = newTrace().traceparent.split('-');
  const traceId = parent?.traceId ?? ownTrace;
  const attributes = { ...facts.attributes };
  let hasFailed = false;
  const span: Span = {
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    setAttribute: (key, value) => span.setAttributes({ [key]: value }),
    setAttributes: (more) => {
      Object.assign(attributes, more);
      return span;
    },
    setStatus: ({ code }) => {
      hasFailed ||= code === SpanStatusCode.ERROR;
      return span;
    },
    end: () => {
      const linked = links.map((link) => link.context.traceId);
      ended({ name, kind: SpanKind[kind], attributes, traceId, spanId, parentId: parent?.spanId ?? '', links: linked, hasFailed });
    },
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    updateName: () => span,
    isRecording: () => true,
    recordException: () => undefined,
  };
  return span;
}

function aContextManager(): ContextManager {
  const active = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: (given, work, self, ...args) => active.run(given, () => work.call(self as ThisParameterType<typeof work>, ...args)),
    bind: (_given, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}
