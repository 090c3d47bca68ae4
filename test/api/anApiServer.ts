import { connect } from 'node:net';
import { afterEach } from 'vitest';
import type { ApiCaller } from '../../src/api/apiCaller.ts';
import type { ApiRoute } from '../../src/api/apiRoute.ts';
import { bindApiRoutes } from '../../src/api/boundApiRoute.ts';
import { startApi, type ApiServer, type ApiServerOptions } from '../../src/api/startApi.ts';
import { Problem } from '../../src/http/problem.ts';
import type { LogFields } from '../../src/logging/logger.ts';
import type { AnsweredRequest } from '../../src/metrics/apiMetrics.ts';
import { realClock } from '../../src/runtime/clock.ts';

const servers: ApiServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(AbortSignal.abort());
});

/** The one caller of these tests, by `Bearer kim`; it may use the accounts that begin with `kim`. */
const kim: ApiCaller = { name: 'kim', mayUse: (account) => account.startsWith('kim') };

export interface AnApiServer {
  readonly url: string;
  readonly server: ApiServer;
  readonly answered: readonly AnsweredRequest[];
  readonly lines: readonly (readonly [string, LogFields])[];
}

/** What a test tells otherwise than is told below. */
export type ServedWith = Partial<Omit<ApiServerOptions, 'limits'>> & { readonly limits?: Partial<ApiServerOptions['limits']> };

/** Serves routes on a free port. Closed after the test. */
export async function anApiServer<P>(
  routes: readonly ApiRoute<P>[],
  ports: P,
  { limits, ...others }: ServedWith = {},
): Promise<AnApiServer> {
  const answered: AnsweredRequest[] = [];
  const lines: (readonly [string, LogFields])[] = [];
  const add = (sentence: string, fields: LogFields = {}): void => void lines.push([sentence, fields]);
  const server = await startApi({
    ...{ host: '127.0.0.1', port: 0, clock: realClock, routes: bindApiRoutes(routes, ports) },
    log: { debug: add, info: add, warn: add, error: add },
    limits: { bodyBytes: 65_536, requestTimeoutMs: 10_000, maxConnections: 100, ...limits },
    callers: {
      limit: () => undefined,
      admit: (authorization) => (authorization === 'Bearer kim' ? Promise.resolve(kim) : Promise.reject(new Problem(401, 'who is it?'))),
    },
    meter: { watch: () => undefined, answered: (request) => void answered.push(request) },
    ...others,
  });
  servers.push(server);
  return { url: server.url, server, lines, answered };
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** Asks as kim; a body is sent as the bytes that it is. */
export async function ask(url: string, request: RequestInit = {}): Promise<Answered> {
  const headers = { authorization: 'Bearer kim', ...(request.method === 'POST' ? { 'content-type': 'application/json' } : {}) };
  const response = await fetch(url, { ...request, headers: { ...headers, ...(request.headers as Record<string, string> | undefined) } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

/** Sends text over a socket of its own and answers all that comes back until the other side ends. */
export function exchange(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
    socket.once('close', () => resolve(answer));
    socket.once('error', reject);
  });
}
