import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceparentHeader } from '../message/trace.ts';
import { requestTrace, type RequestTrace } from '../tracing/requestTrace.ts';

/** The traces of the requests of a server: each answer, refusals too, names its own, so that whoever asks about it can be helped. */
export class RequestTraces {
  readonly #traces = new WeakMap<FastifyRequest, RequestTrace>();

  begin(request: FastifyRequest, reply: FastifyReply): void {
    const traced = this.of(request);
    reply.header(traceparentHeader, traced.trace.traceparent);
  }

  of(request: FastifyRequest): RequestTrace {
    const known = this.#traces.get(request);
    if (known !== undefined) return known;
    const { method, headers, is404, routeOptions } = request;
    const begun = requestTrace({ method, headers, route: is404 ? 'none' : (routeOptions.url ?? 'none') });
    this.#traces.set(request, begun);
    return begun;
  }

  end(request: FastifyRequest, { statusCode }: FastifyReply): void {
    this.#traces.get(request)?.end(statusCode);
  }
}
