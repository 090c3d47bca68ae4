import { fastify } from 'fastify';
import { listenFailure } from '../http/listenFailure.ts';
import type { Api } from './api.ts';
import { servePage } from './pageFiles.ts';
import { serveApi } from './serveApi.ts';

/** A dependency that /readyz asks about. */
export interface Dependency {
  readonly name: string;
  /** Rejects where it does not answer within the limit, in milliseconds. */
  readonly reach: (limitMs: number) => Promise<void>;
}

/** How long a dependency may take to answer /readyz. */
const reachLimitMs = 2_000;

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly scrape: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Names of what stands although it has work. */
  readonly standing: () => readonly string[];
  /** Asked at every request: what there is to ask about grows while the process starts. */
  readonly dependencies: () => readonly Dependency[];
  /** False while the process waits for what it needs: it is not ready before, whatever answers. */
  readonly hasStarted: () => boolean;
  /** Whether it has been told to stop: its public API takes nothing any more. */
  readonly isStopping: () => boolean;
  /** Names of the pipelines and background loops that failed for good: the others go on, and a person has to know. */
  readonly failed: () => readonly string[];
  /** Names of the pipelines that read nothing for now. Ready all the same: the others work, and their messages wait. */
  readonly paused: () => readonly string[];
  /** What operators ask and do; undefined while the process starts. */
  readonly api: () => Api | undefined;
}

export interface AdminServer {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

function statusOf({ hasStarted, isStopping }: AdminOptions, isWaiting: boolean, failed: readonly string[]): string {
  if (isStopping()) return 'stopping';
  if (!hasStarted()) return 'starting';
  if (isWaiting) return 'waiting';
  return failed.length > 0 ? 'failed' : 'ready';
}

/**
 * Serves /metrics, /livez and /readyz. /livez answers 503 only when something has work and makes no progress, so an orchestrator
 * restarts what is wedged and not what waits for a dependency; /readyz tells about the dependencies and about pipelines that
 * failed or are paused. These are open to whoever reaches the port; /api needs a token.
 */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = fastify({ logger: false, bodyLimit: 1_048_576, requestTimeout: 10_000, forceCloseConnections: true });
  server.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await options.scrape();
    return reply.type(contentType).send(text);
  });
  server.get('/livez', async (_request, reply) => {
    const names = options.standing();
    return reply.code(names.length === 0 ? 200 : 503).send({ status: names.length === 0 ? 'live' : 'standing', standing: names });
  });
  server.get('/readyz', async (_request, reply) => {
    const states = await Promise.all(
      options.dependencies().map(async ({ name, reach }) => {
        const state = await reach(reachLimitMs).then(
          () => 'reachable',
          () => 'unreachable',
        );
        return [name, state] as const;
      }),
    );
    const failed = options.failed();
    const isWaiting = states.some(([, state]) => state !== 'reachable');
    const status = statusOf(options, isWaiting, failed);
    const facts = { failed, paused: options.paused(), dependencies: Object.fromEntries(states) };
    return reply.code(status === 'ready' ? 200 : 503).send({ status, ...facts });
  });
  servePage(server);
  serveApi(server, options.api);
  try {
    return { url: await server.listen({ host: options.host, port: options.port }), close: () => server.close() };
  } catch (error) {
    throw listenFailure(error, { name: 'admin', host: options.host, port: options.port });
  }
}
