import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { z } from 'zod';

/** What a simulator answers over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that answers every request by this function; what it throws is a 400 with the sentence. */
export function answeringServer(answer: (request: IncomingMessage, response: ServerResponse) => Promise<HttpAnswer | undefined>): Server {
  return createServer((request, response) => {
    answer(request, response).then(
      (answered) => answered && reply(response, answered),
      (error: unknown) =>
        reply(response, { status: 400, type: 'text/plain', body: error instanceof Error ? error.message : 'bad request' }),
    );
  });
}

/** A value as JSON. */
export function json(value: unknown, status = 200): HttpAnswer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** A refusal as a problem (RFC 9457). */
export function problem(status: number, detail: string): HttpAnswer {
  return { ...json({ type: 'about:blank', status, detail }, status), type: 'application/problem+json' };
}

/** What a text says as JSON; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The answer where nothing is. */
export const notHere: HttpAnswer = { status: 404, type: 'text/plain', body: 'not here' };

/** The body of a request, whole. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The switches that every simulator has. */
export interface Switches<R> {
  readonly rule: z.ZodType<R>;
  readonly faults: { add(rule: R): unknown; clear(): void };
  /** What `POST /<name>` does; `?forMs=` undoes it by itself after so long. */
  readonly modes: Readonly<Record<string, (forMs: number | undefined) => Promise<void> | void>>;
}

/** Answers `POST /faults`, `DELETE /faults` and the modes; undefined for other requests. */
export async function answerSwitches<R>(
  request: IncomingMessage,
  url: URL,
  { rule, faults, modes }: Switches<R>,
): Promise<HttpAnswer | undefined> {
  const { method } = request;
  if (url.pathname === '/faults') {
    if (method === 'POST') faults.add(rule.parse(JSON.parse(await bodyOf(request))));
    else if (method === 'DELETE') faults.clear();
    else return notHere;
    return json({});
  }
  const mode = method === 'POST' ? modes[url.pathname.slice(1)] : undefined;
  if (mode === undefined) return undefined;
  const forMs = url.searchParams.get('forMs');
  await mode(forMs === null ? undefined : durationOf(forMs));
  return json({});
}

function durationOf(text: string): number {
  if (!/^\d{1,8}$/.test(text)) throw new Error('forMs takes a number of milliseconds');
  return Number(text);
}

function reply(response: ServerResponse, { status, type, body, headers }: HttpAnswer): void {
  // What is shown comes from outside: it is shown, and runs nothing.
  response.writeHead(status, {
    'content-type': type,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    ...headers,
  });
  response.end(body);
}
