import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { adminDocument } from './adminDocument.ts';
import type { Api } from './api.ts';
import type { Caller } from './apiTokens.ts';
import { Problem } from '../http/problem.ts';
import { bare } from '../http/sendProblem.ts';
import { credentialsOf } from './credentials.ts';
import { refuse } from './refuse.ts';
import { serveSession } from './serveSession.ts';

/**
 * Serves an API under `/api/<group>/<verb>`, by POST with a JSON body only: input may be personal, and addresses are written down
 * by proxies. Who asks is known before a byte of the body is read. `api` is undefined while the process starts.
 */
export function serveApi(server: FastifyInstance, api: () => Api | undefined): void {
  const ready = (): Api => {
    const opened = api();
    if (opened === undefined) throw new Problem(503, 'this process is still starting: /readyz tells what it waits for');
    return opened;
  };
  const callers = new WeakMap<FastifyRequest, readonly [Api, Caller]>();
  const admit = async (request: FastifyRequest): Promise<void> => {
    const opened = ready();
    callers.set(request, [opened, await opened.admit(credentialsOf(request), request.ip)]);
  };
  const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    admit(request).then(() => done(), done);
  };
  const admitted = (request: FastifyRequest): readonly [Api, Caller] => {
    const found = callers.get(request);
    if (found === undefined) throw new TypeError('a request came past its admission');
    return found;
  };
  serveSession(server, ready);
  server.get('/api/openapi.json', { onRequest, errorHandler: refuse }, (request, reply) =>
    bare(reply).send(adminDocument(admitted(request)[0].routes())),
  );
  server.get('/api/live', { onRequest, errorHandler: refuse }, (request, reply) => {
    const [opened, { endsAt }] = admitted(request);
    opened.live.serve(reply, endsAt);
  });
  server.post<{ Params: Named }>('/api/:group/:verb', { onRequest, errorHandler: refuse }, async (request, reply) => {
    const [opened, caller] = admitted(request);
    return bare(reply).send(await opened.call(caller, nameOf(request.params), request.body ?? {}));
  });
  server.post<{ Params: Named }>('/api/:group/:verb/effect', { onRequest, errorHandler: refuse }, async (request, reply) => {
    const [opened, caller] = admitted(request);
    return bare(reply).send(await opened.effectOf(caller, nameOf(request.params), request.body ?? {}));
  });
  server.all('/api/*', { onRequest, errorHandler: refuse }, () => {
    throw new Problem(404, 'expected POST /api/<group>/<verb>');
  });
}

interface Named {
  readonly group: string;
  readonly verb: string;
}

function nameOf({ group, verb }: Named): string {
  return `${group}.${verb}`;
}
