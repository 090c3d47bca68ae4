import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { codeOf, framesField, textOf } from '../errors.ts';
import { listenFailure } from '../http/listenFailure.ts';
import { Problem } from '../http/problem.ts';
import { sendProblem } from '../http/sendProblem.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import type { ApiCaller } from './apiCaller.ts';
import { apiProblemOf } from './apiProblemOf.ts';
import type { BoundApiRoute } from './boundApiRoute.ts';
import { refuseMalformedHttp } from './refuseMalformedHttp.ts';
import { refuseOtherMethods, serveApiRoute } from './serveApiRoute.ts';

/** How large and how slow requests may be. */
export interface ApiLimits {
  readonly bodyBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

export interface ApiServerOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: ApiLimits;
  readonly routes: readonly BoundApiRoute[];
  /** Who asks, by an `Authorization` header and an address; throws a `Problem` for whoever may not. */
  readonly admit: (authorization: string | undefined, address: string) => Promise<ApiCaller>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ApiServer {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** How often connections are looked through for slow ones, in milliseconds at most. */
const maxCheckMs = 1_000;

/** Headers come in one packet; whoever dribbles them holds a connection. */
const headersTimeoutMs = 5_000;

/**
 * Serves the public API: every refusal is a problem (RFC 9457), and nothing of the inside is told. A path is as it is declared: no
 * other case, no slash behind it. Memory: connections times headers and body, each bounded.
 */
export async function startApi(options: ApiServerOptions): Promise<ApiServer> {
  const { host, port, limits, routes, clock, admit } = options;
  const server = openServer(options);
  for (const route of routes) {
    serveApiRoute(server, route, { clock, admit: ({ headers, ip }) => admit(headers.authorization, ip) });
  }
  refuseOtherMethods(server, routes);
  server.server.maxConnections = limits.maxConnections;
  try {
    return { url: await server.listen({ host, port }), close: () => server.close() };
  } catch (error) {
    throw listenFailure(error, { name: 'api', host, port });
  }
}

function openServer({ limits: { bodyBytes, requestTimeoutMs }, log }: ApiServerOptions): FastifyInstance {
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = apiProblemOf(error);
    tell(log, error, problem, request.routeOptions.url);
    // What is left of a refused body is not read.
    if (!request.raw.complete) reply.header('connection', 'close');
    sendProblem(reply, problem);
  };
  const server = fastify({
    logger: false,
    bodyLimit: bodyBytes,
    requestTimeout: requestTimeoutMs,
    exposeHeadRoutes: false,
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
  const nothingThere = (): Promise<never> => Promise.reject(new Problem(404, 'there is nothing at this address'));
  server.addHook('onRequest', (request) => (request.is404 ? nothingThere() : Promise.resolve()));
  server.setNotFoundHandler(nothingThere);
  return server;
}

/** Faults of ours, and what had to be put off, are for the log; refusals are for those who sent them. */
function tell(log: Logger, error: unknown, { body: { status } }: Problem, action = 'unknown'): void {
  if (status < 500) return;
  log.error('request failed', { action, code: codeOf(error), error: textOf(error), ...framesField(error) });
}
