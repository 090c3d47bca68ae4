import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.ts';
import { bare } from '../http/sendProblem.ts';
import type { Clock } from '../message/clock.ts';
import type { RequestTrace } from '../tracing/requestTrace.ts';
import type { ApiCaller } from './apiCaller.ts';
import { inputParts, type ApiAnswer, type UnreadRequest } from './apiRoute.ts';
import type { BoundApiRoute } from './boundApiRoute.ts';
import { jsonText } from './apiJson.ts';

const noBytes = new Uint8Array();
const isJson = /^application\/json *(; *charset=("?)utf-8\2 *)?$/i;

/** What every route is served with. */
export interface RouteServing {
  readonly clock: Clock;
  readonly admit: (request: FastifyRequest) => Promise<ApiCaller>;
  readonly traceOf: (request: FastifyRequest) => RequestTrace;
}

/** Serves one route. Who asks, and whether the body is of the right type, is known before a byte of it is read. */
export function serveApiRoute(server: FastifyInstance, route: BoundApiRoute, { clock, admit, traceOf }: RouteServing): void {
  const callers = new WeakMap<FastifyRequest, ApiCaller>();
  const hasBody = inputParts(route.input).body !== undefined;
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    if (route.access === 'caller') callers.set(request, await admit(request));
    requireType(request, hasBody);
  };
  server.route({
    method: route.method,
    url: route.path,
    onRequest,
    handler: async (request, reply) => {
      const answer = (): Promise<ApiAnswer> => route.answer(unread(request, clock), queryOf(request), callers.get(request));
      const { status, body, headers = {} } = await traceOf(request).within(answer);
      return bare(reply).code(status).headers(headers).send(jsonText(body));
    },
  });
}

/** Refuses every other method of the paths that are served: 405 with those that there are. */
export function refuseOtherMethods(server: FastifyInstance, routes: readonly BoundApiRoute[]): void {
  for (const [url, served] of Map.groupBy(routes, ({ path }) => path)) {
    const methods: readonly string[] = served.map(({ method }) => method);
    const refuse = (): Promise<never> => {
      const allow = methods.join(', ');
      return Promise.reject(new Problem(405, `expected ${allow} at this address`, { headers: { allow } }));
    };
    server.route({ method: server.supportedMethods.filter((name) => !methods.includes(name)), url, onRequest: refuse, handler: refuse });
  }
}

function requireType({ headers }: FastifyRequest, hasBody: boolean): void {
  const isEmpty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  if (!hasBody && !isEmpty) throw new Problem(400, 'expected a request without a body');
  if (!hasBody) return;
  if (headers['content-encoding'] !== undefined) throw new Problem(415, 'expected a body without content encoding');
  if (!isJson.test(headers['content-type'] ?? '')) throw new Problem(415, 'expected the header "Content-Type: application/json"');
}

function unread({ headers, params, body }: FastifyRequest, clock: Clock): UnreadRequest {
  const rawBody = body instanceof Uint8Array ? body : noBytes;
  return { headers, path: { ...(params as Record<string, string>) }, rawBody, at: clock.now() };
}

/** What stands behind the question mark, as it was sent. */
function queryOf({ raw }: FastifyRequest): string {
  const { url = '' } = raw;
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
