import { fastify } from 'fastify';
import { systems } from '../../pipelines/index.ts';
import { adminDocument } from '../../src/console/adminDocument.ts';
import { bindRoutes } from '../../src/console/boundRoute.ts';
import { houseRoutes } from '../../src/console/house/houseRoutes.ts';
import { servePage } from '../../src/console/pageFiles.ts';
import type { Role } from '../../src/console/route.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import { toldAnswers } from './toldAnswers.ts';

/** An admin port that answers what it is told to. */
export interface ToldApi {
  readonly url: string;
  /** What was asked and done: name and body. */
  readonly asked: (readonly [name: string, body: unknown])[];
  /** Who is logged in; undefined: nobody. */
  role: Role | undefined;
  answers: Record<string, Json | Refused>;
  /** Tells this live; undefined: what is told is cut. */
  tell(overview: Json | undefined): void;
  close(): Promise<void>;
}

/** What is refused instead of answered. */
export class Refused {
  readonly status: number;
  readonly detail: string;
  constructor(status: number, detail: string) {
    this.status = status;
    this.detail = detail;
  }
}

/** Serves the page with the real document of the API, and answers of which each field can be chosen. */
export async function startToldApi(port = 0): Promise<ToldApi> {
  const server = fastify({ forceCloseConnections: true });
  const listeners = new Set<{ write(text: string): void; destroy(): void }>();
  const told: ToldApi = {
    ...{ url: '', asked: [], role: 'admin', answers: { ...toldAnswers } },
    tell: (overview) => {
      for (const listener of listeners) {
        if (overview === undefined) listener.destroy();
        else listener.write(`event: overview\ndata: ${JSON.stringify(overview)}\n\n`);
      }
    },
    close: () => server.close(),
  };
  servePage(server);
  const routes = [...bindRoutes(houseRoutes, {} as never), ...bindRoutes(systems.routes, {} as never)];
  server.get('/api/openapi.json', () => adminDocument(routes));
  server.get('/api/live', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(told.role === undefined ? 401 : 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (told.role === undefined) return void reply.raw.end();
    listeners.add(reply.raw);
    request.raw.once('close', () => listeners.delete(reply.raw));
    reply.raw.write(`event: overview\ndata: ${JSON.stringify(told.answers['overview.show'])}\n\n`);
  });
  server.post<{ Params: { group: string; verb: string; '*': string } }>('/api/:group/:verb', (request, reply) => {
    const { group, verb } = request.params;
    const name = `${group}.${verb}`;
    if (name === 'session.open') told.role = (request.body as { token: string }).token as Role;
    if (name === 'session.close') told.role = undefined;
    if (told.role === undefined) return reply.code(401).send({ status: 401, title: 'Unauthorized', detail: 'log in' });
    if (group === 'session') return { name: 'kim', role: told.role, endsAt: '2026-11-22T18:00:00Z' };
    told.asked.push([name, request.body]);
    const answer = told.answers[name] ?? { done: name };
    if (!(answer instanceof Refused)) return answer;
    return reply.code(answer.status).send({ status: answer.status, title: '', detail: answer.detail });
  });
  server.post<{ Params: { group: string; verb: string } }>('/api/:group/:verb/effect', (request, reply) => {
    const name = `${request.params.group}.${request.params.verb}/effect`;
    told.asked.push([name, request.body]);
    const answer = told.answers[name] ?? { selected: 1_204, left: 0 };
    if (!(answer instanceof Refused)) return answer;
    return reply.code(answer.status).send({ status: answer.status, title: '', detail: answer.detail });
  });
  return Object.assign(told, { url: await server.listen({ host: '127.0.0.1', port }) });
}
