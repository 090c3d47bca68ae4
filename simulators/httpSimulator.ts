import type { IncomingMessage, ServerResponse } from 'node:http';
import { answeringServer, answerSwitches, bodyOf, problem, type HttpAnswer, type Switches } from './httpAnswer.ts';
import { carryOut, pause, type Call, type HttpFaults } from './httpFaults.ts';
import { latencyDraws, type Latency } from './latency.ts';
import { Listener } from './listener.ts';
import { seededRandom } from './seededRandom.ts';

export interface HttpSimulatorOptions {
  /** Where it listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Of the chance with which faults strike, and of the latency. Default 1. */
  readonly seed?: number;
  /** How long it takes to carry out what clients ask. Default: no time. */
  readonly latency?: Latency;
}

/** A server that stands for the outside, and fails as it is told. */
export interface HttpSimulator {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly faults: HttpFaults;
  /** Refuses new connections, as a server that is down; by itself no longer than `forMs`. */
  refuseConnections(forMs?: number): void;
  acceptConnections(): Promise<void>;
  /** Cuts every connection and ends. */
  close(): Promise<void>;
}

/** A request, read whole. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** The path's parts, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** The header's value; empty where it is missing. */
  readonly header: (name: string) => string;
  readonly body: string;
}

/** What one simulator answers. */
export interface Simulated<R> {
  readonly faults: HttpFaults;
  readonly switches: Omit<Switches<R>, 'modes'>;
  /** What a client must bring as bearer token. Default: nothing. */
  readonly token?: string;
  /** Answers what is asked by whoever plays with the simulator, without token, latency and faults; undefined for requests of clients. */
  control(asked: Asked): HttpAnswer | undefined | Promise<HttpAnswer | undefined>;
  /** What a client's request asks for, or why it cannot be understood. */
  understand(asked: Asked): Call | HttpAnswer;
  /** Ends what waits when the simulator is closed. */
  readonly ending: AbortController;
}

/**
 * Starts a simulator over HTTP; it runs until it is closed. All have `POST /faults`, `DELETE /faults`, `POST /refuse?forMs=…` and
 * `POST /accept`; what they refuse is answered by a problem (RFC 9457) as JSON. The control needs no token.
 */
export async function startHttpSimulator<R>(options: HttpSimulatorOptions, simulated: Simulated<R>): Promise<HttpSimulator> {
  const { host = '127.0.0.1', port = 0, seed = 1, latency = { meanMs: 0 } } = options;
  const { ending, faults, switches } = simulated;
  const draw = latencyDraws(latency, seededRandom(seed));
  const server = answeringServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://simulator');
    return (await answerSwitches(request, url, { ...switches, modes })) ?? answer(simulated, draw, await readWhole(request, url), response);
  });
  const listener = new Listener(server, host);
  const refuse = (forMs?: number): void => {
    listener.refuse(forMs);
    server.closeIdleConnections(); // a client that keeps its connection would not notice
  };
  const modes = { refuse, accept: () => listener.accept() };
  return {
    url: `http://${host}:${await listener.open(port)}`,
    faults,
    refuseConnections: refuse,
    acceptConnections: () => listener.accept(),
    async close() {
      ending.abort();
      const ended = listener.close();
      server.closeAllConnections();
      await ended;
    },
  };
}

async function answer<R>(
  simulated: Simulated<R>,
  draw: () => number,
  asked: Asked,
  response: ServerResponse,
): Promise<HttpAnswer | undefined> {
  const { token, faults } = simulated;
  const { signal } = simulated.ending;
  const controlled = await simulated.control(asked);
  if (controlled !== undefined) return controlled;
  if (token !== undefined && asked.header('authorization') !== `Bearer ${token}`) return problem(401, 'the token is not known');
  const call = simulated.understand(asked);
  if ('status' in call) return call;
  await pause(draw(), signal);
  return carryOut(call, { faults, asked: `${asked.method} ${asked.path}`, response, signal });
}

async function readWhole(request: IncomingMessage, url: URL): Promise<Asked> {
  return {
    method: request.method ?? '',
    path: url.pathname,
    parts: url.pathname.slice(1).split('/').map(decodeURIComponent),
    query: url.searchParams,
    header: (name) => String(request.headers[name] ?? ''),
    body: await bodyOf(request),
  };
}

/** Runs a simulator as a program: says where it listens, and ends when it is told. */
export function runAlone({ url, close }: Pick<HttpSimulator, 'url' | 'close'>): void {
  process.stdout.write(`${JSON.stringify({ url })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}
