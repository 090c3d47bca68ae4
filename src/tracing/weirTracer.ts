import { ProxyTracer, trace, type Tracer } from '@opentelemetry/api';

/** The tracer of the SDK that was loaded before the program; undefined where there is none, and then no span is made at all. */
export function weirTracer(): Tracer | undefined {
  const tracer = trace.getTracer('weir');
  return tracer instanceof ProxyTracer ? undefined : tracer;
}
