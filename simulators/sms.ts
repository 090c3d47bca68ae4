import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Faults } from './faults.ts';
import { answeringServer, answerSwitches, bodyOf, json, notHere, type HttpAnswer } from './httpAnswer.ts';
import { Listener } from './listener.ts';
import { smsFaultRule, type FaultAction, type SmsFaults } from './sms/faults.ts';
import { SmsStore, type ReceivedText } from './sms/smsStore.ts';

export interface SmsOptions {
  /** Where it listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** What a client must bring as bearer token. */
  readonly token: string;
  /** Of the chance with which faults strike. Default 1. */
  readonly seed?: number;
  /** The clock that stamps messages. Default: the machine's. */
  readonly now?: () => Date;
}

/** An SMS endpoint that keeps what it gets, and fails as it is told. */
export interface Sms {
  /** `http://127.0.0.1:port`; messages go to `/messages`. */
  readonly url: string;
  readonly token: string;
  readonly faults: SmsFaults;
  /** Messages since the start or the last `clear`. */
  count(): number;
  /** The messages in the order they came; where `to` is given, those whose number contains it. */
  received(filter?: { readonly to?: string }): readonly ReceivedText[];
  /** Forgets the messages and their keys, not the faults. */
  clear(): void;
  /** Refuses new connections, as a server that is down; by itself no longer than `forMs`. */
  refuseConnections(forMs?: number): void;
  acceptConnections(): Promise<void>;
  /** Cuts every connection and ends. */
  close(): Promise<void>;
}

/**
 * Starts an SMS endpoint; it runs until it is closed.
 *
 *     POST /messages {to, text}    201 {id}, with `Authorization: Bearer …` and `Idempotency-Key: …`; the same key again gets
 *                                  the same answer and sends nothing, with another message it is a 422
 *     GET  /messages?to=…          what was sent          DELETE /messages
 *     POST /faults                 a FaultRule            DELETE /faults
 *     POST /refuse?forMs=…, POST /accept                  new connections are refused, or accepted again
 *
 * What it refuses is answered by a problem (RFC 9457) as JSON. A number that is none is a 400. The control needs no token.
 */
export async function startSms(options: SmsOptions): Promise<Sms> {
  const { host = '127.0.0.1', token } = options;
  const store = new SmsStore(options.now ?? (() => new Date()));
  const faults: SmsFaults = new Faults(options.seed ?? 1);
  const ending = new AbortController();
  const endpoint: Endpoint = { store, faults, token, signal: ending.signal };
  const server = answeringServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://sms');
    return (await answerSwitches(request, url, { rule: smsFaultRule, faults, modes })) ?? answer(endpoint, request, response, url);
  });
  const listener = new Listener(server, host);
  const modes = { refuse: (forMs: number | undefined) => refuse(forMs), accept: () => listener.accept() };
  const refuse = (forMs?: number): void => {
    listener.refuse(forMs);
    server.closeIdleConnections(); // a client that keeps its connection would not notice
  };
  const port = await listener.open(options.port ?? 0);
  return {
    url: `http://${host}:${port}`,
    token,
    faults,
    count: () => store.count,
    received: (filter) => store.received(filter?.to),
    clear: () => store.clear(),
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

interface Endpoint {
  readonly store: SmsStore;
  readonly faults: SmsFaults;
  readonly token: string;
  /** Ends delays. */
  readonly signal: AbortSignal;
}

const message = z.strictObject({
  to: z.string().regex(/^\+?\d[\d-]{6,18}\d$/, 'not a telephone number'),
  text: z.string().min(1).max(2_000),
});

async function answer(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse, url: URL): Promise<HttpAnswer | undefined> {
  const { store } = endpoint;
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'POST /messages':
      return take(endpoint, request, response);
    case 'GET /messages':
      return json(store.received(url.searchParams.get('to') ?? ''));
    case 'DELETE /messages':
      store.clear();
      return json({ count: store.count });
    default:
      return notHere;
  }
}

async function take(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<HttpAnswer | undefined> {
  const { store, token } = endpoint;
  const body = await bodyOf(request);
  if (request.headers.authorization !== `Bearer ${token}`) return problem(401, 'the token is not known');
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '' || key.length > 255) return problem(400, 'Idempotency-Key is missing or too long');
  const parsed = message.safeParse(parseJson(body));
  if (!parsed.success) return problem(400, parsed.error.issues.map(({ path, message: what }) => `${path.join('.')}: ${what}`).join('; '));
  const { to, text } = parsed.data;
  const before = await strike(endpoint, response, endpoint.faults.at('before', [to]));
  if (before !== 'goOn') return before;
  const taken = store.take(key, to, text);
  if (taken === 'conflict') return problem(422, 'this Idempotency-Key was used for another message');
  const after = await strike(endpoint, response, endpoint.faults.at('after', [to]));
  return after === 'goOn' ? json({ id: taken.id }, 201) : after;
}

/** What a fault makes of a request: an answer of its own, none, or the usual one. */
async function strike(
  { signal }: Endpoint,
  response: ServerResponse,
  fault: FaultAction | undefined,
): Promise<HttpAnswer | undefined | 'goOn'> {
  switch (fault?.kind) {
    case undefined:
      return 'goOn';
    case 'reply': {
      const headers = fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) };
      return { ...problem(fault.status, 'a fault that was dialled in'), headers };
    }
    case 'delay':
      await delay(fault.delayMs, undefined, { signal, ref: false }).catch(() => undefined);
      return 'goOn';
    case 'cut':
      response.destroy();
      return undefined;
    case 'silence':
      return undefined;
  }
}

function problem(status: number, detail: string): HttpAnswer {
  return { ...json({ type: 'about:blank', status, detail }, status), type: 'application/problem+json' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8026' },
      host: { type: 'string', default: '127.0.0.1' },
      token: { type: 'string', default: 'sms-simulator' },
    },
  });
  const sms = await startSms({ port: Number(values.port), host: values.host, token: values.token });
  process.stdout.write(`${JSON.stringify({ url: sms.url })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sms.close());
}
