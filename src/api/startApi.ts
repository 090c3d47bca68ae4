import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listenFailure } from '../http/listenFailure.ts';
import { Problem } from '../http/problem.ts';
import { Outage } from '../connectors/outage.ts';
import { WeirError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import type { ApiMeter } from '../metrics/apiMetrics.ts';
import type { BoundApiRoute } from './boundApiRoute.ts';
import type { Callers } from './callers.ts';
import { withDocument } from './documentRoute.ts';
import { nothingThere, openApiServer, type ApiLimits } from './openApiServer.ts';
import { RequestTraces } from './requestTraces.ts';
import { refuseOtherMethods, serveApiRoute, type RouteServing } from './serveApiRoute.ts';

export interface ApiServerOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: ApiLimits;
  readonly routes: readonly BoundApiRoute[];
  readonly callers: Callers;
  readonly meter: ApiMeter;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ApiServer {
  /** `http://host:port` */
  readonly url: string;
  /**
   * Takes no new connection and no further request, answers those under way, and ends the connections that are kept. Those that are
   * not answered when `cut` is aborted are cut: whoever sent them sends them again. Answers whether all were answered.
   */
  close(cut: AbortSignal): Promise<boolean>;
}

/**
 * Serves the public API, and its document at /openapi.json: every refusal is a problem (RFC 9457), and nothing of the inside is told but
 * the trace of the request (`traceparent`). A path is as it is declared: no other case, no slash behind it. Memory: connections times headers and body, each bounded.
 */
export async function startApi(options: ApiServerOptions): Promise<ApiServer> {
  const { host, port, limits, clock, callers, meter } = options;
  const routes = withDocument(options.routes);
  const server = openApiServer(limits, options.log);
  const draining = new AbortController();
  const traces = new RequestTraces();
  server.addHook('onRequest', (request, reply, done) => {
    callers.limit(request.ip);
    traces.begin(request, reply);
    refuseEarly(request.is404, draining.signal);
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining.signal.aborted) reply.header('connection', 'close');
    done();
  });
  const tellSignature = signatureTeller(clock, options.log, routes);
  server.addHook('onResponse', (request, reply, done) => {
    measure(meter, request, reply);
    tellSignature(request, reply);
    traces.end(request, reply);
    done();
  });
  for (const route of routes) {
    meter.watch(route.path, route.method);
    const admit: RouteServing['admit'] = ({ headers, ip }) => callers.admit(headers.authorization, ip);
    serveApiRoute(server, route, { clock, admit, traceOf: (request) => traces.of(request) });
  }
  refuseOtherMethods(server, routes);
  server.server.maxConnections = limits.maxConnections;
  try {
    return { url: await server.listen({ host, port }), close: (cut) => drain(server, draining, cut) };
  } catch (error) {
    throw listenFailure(error, { name: 'api', host, port });
  }
}

/** Refuses what is not worth reading: what comes during a drain, and what there is not. */
function refuseEarly(is404: boolean, draining: AbortSignal): void {
  if (draining.aborted) throw new Problem(503, 'this process is stopping: send it again', { headers: { 'retry-after': '1' } });
  if (is404) throw nothingThere();
}

/**
 * Tells once that what comes to a route for those who sign is refused, and once that it is taken again: where it is not somebody else who
 * sends it, a secret was changed on one side alone.
 */
function signatureTeller(
  clock: Clock,
  log: Logger,
  routes: readonly BoundApiRoute[],
): (request: FastifyRequest, reply: FastifyReply) => void {
  const outages = new Map(
    routes
      .filter(({ access, method }) => access === 'open' && method === 'POST')
      .map(({ path }) => [
        path,
        new Outage(clock, {
          failed: (error) =>
            log.warn('signed requests are refused: look at the secrets', { key: path, code: error.code, error: error.message }),
          recovered: (awayMs) => log.info('signed requests are taken again', { key: path, awayMs: Math.round(awayMs) }),
        }),
      ]),
  );
  return ({ routeOptions, url }, { statusCode }) => {
    const outage = outages.get(routeOptions.url ?? '');
    if (statusCode === 401) outage?.failed(url, new WeirError('refused', 'the signature or its time is wrong'));
    else if (statusCode < 300) outage?.worked(url);
  };
}

function measure(meter: ApiMeter, { is404, method, routeOptions }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply): void {
  meter.answered({ route: is404 ? 'none' : (routeOptions.url ?? 'none'), method, status: statusCode }, elapsedTime / 1_000);
}

/** Lets no one in, waits for what is under way, and cuts it when it is told to. */
async function drain(server: FastifyInstance, draining: AbortController, cut: AbortSignal): Promise<boolean> {
  const cutAll = (): void => server.server.closeAllConnections();
  cut.addEventListener('abort', cutAll, { once: true });
  draining.abort();
  const closed = server.close();
  if (cut.aborted) cutAll();
  await closed;
  cut.removeEventListener('abort', cutAll);
  return !cut.aborted;
}
