import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from './api.ts';
import type { Caller } from './apiTokens.ts';
import { Problem } from '../http/problem.ts';
import { bare, sendProblem } from '../http/sendProblem.ts';
import { problemOf } from './problemOf.ts';

/**
 * Serves an API under `/api/<group>/<verb>`, by POST with a JSON body only: input may be personal, and addresses are written down
 * by proxies. Who asks is known before a byte of the body is read. `api` is undefined while the process starts.
 */
export function serveApi(server: FastifyInstance, api: () => Api | undefined): void {
  const callers = new WeakMap<FastifyRequest, readonly [Api, Caller]>();
  const admit = async (request: FastifyRequest): Promise<void> => {
    const ready = api();
    if (ready === undefined) throw new Problem(503, 'this process is still starting: /readyz tells what it waits for');
    callers.set(request, [ready, await ready.admit(request.headers.authorization, request.ip)]);
  };
  const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    admit(request).then(() => done(), done);
  };
  server.post<{ Params: { group: string; verb: string } }>('/api/:group/:verb', { onRequest, errorHandler }, async (request, reply) => {
    const [ready, caller] = callers.get(request) ?? [];
    if (ready === undefined || caller === undefined) throw new TypeError('a request came past its admission');
    const { group, verb } = request.params;
    return bare(reply).send(await ready.call(caller, `${group}.${verb}`, request.body ?? {}));
  });
  server.all('/api/*', { onRequest, errorHandler }, () => {
    throw new Problem(404, 'expected POST /api/<group>/<verb>');
  });
}

function errorHandler(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, problemOf(error));
}
