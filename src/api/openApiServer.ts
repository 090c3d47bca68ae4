import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { codeOf, framesField, textOf } from '../errors.ts';
import { Problem } from '../http/problem.ts';
import { sendProblem } from '../http/sendProblem.ts';
import type { Logger } from '../logging/logger.ts';
import { traceIdField, traceOfTexts, traceparentHeader } from '../message/trace.ts';
import { apiProblemOf } from './apiProblemOf.ts';
import { refuseMalformedHttp } from './refuseMalformedHttp.ts';

/** How large and how slow requests may be. */
export interface ApiLimits {
  readonly bodyBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

/** How often connections are looked through for slow ones, in milliseconds at most. */
const maxCheckMs = 1_000;

/** Headers come in one packet; whoever dribbles them holds a connection. */
const headersTimeoutMs = 5_000;

/** A server without routes: whatever is wrong with a request is a problem, bodies are bytes, slow connections are ended. */
export function openApiServer({ bodyBytes, requestTimeoutMs }: Omit<ApiLimits, 'maxConnections'>, log: Logger): FastifyInstance {
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = apiProblemOf(error);
    if (problem.body.status >= 500) tell(log, error, request, reply);
    // What is left of a refused body is not read.
    if (!request.raw.complete) reply.header('connection', 'close');
    sendProblem(reply, problem);
  };
  const server = fastify({
    logger: false,
    bodyLimit: bodyBytes,
    requestTimeout: requestTimeoutMs,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: refuse,
    clientErrorHandler: refuseMalformedHttp,
    http: {
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(maxCheckMs, requestTimeoutMs),
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.setErrorHandler(refuse);
  server.setNotFoundHandler(() => Promise.reject(nothingThere()));
  return server;
}

/** There is no such address. */
export function nothingThere(): Problem {
  return new Problem(404, 'there is nothing at this address');
}

/** Faults of ours, and what had to be put off, are for the log; refusals are for those who sent them. */
function tell(log: Logger, error: unknown, { routeOptions: { url: action = 'unknown' } }: FastifyRequest, reply: FastifyReply): void {
  const trace = traceOfTexts(String(reply.getHeader(traceparentHeader) ?? ''));
  log.error('request failed', { action, code: codeOf(error), error: textOf(error), ...framesField(error), ...traceIdField(trace) });
}
