import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FaultRule, Faults } from './faults.ts';
import { parseMail, type MailStore } from './mailStore.ts';

/** What can be asked and told over HTTP. */
export interface InboxControls {
  readonly store: MailStore;
  readonly faults: Faults;
  refuseConnections(): Promise<void>;
  acceptConnections(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const defaultLimit = 100;

/**
 * The inbox over HTTP, for people and for programs in other processes:
 *
 *     GET  /count                     GET    /messages?to=…&limit=…   (the newest, without their content)
 *     GET  /messages/:id              GET    /messages/:id.html       (one mail; what its reader sees)
 *     DELETE /messages                POST   /faults, DELETE /faults  (a FaultRule; all of them)
 *     POST /refuse, POST /accept      (new connections are refused, or accepted again)
 */
export function inboxHttp(controls: InboxControls): Server {
  return createServer((request, response) => {
    answer(controls, request).then(
      ({ status, type, body }) => reply(response, status, type, body),
      (error: unknown) => reply(response, 400, 'text/plain', error instanceof Error ? error.message : 'bad request'),
    );
  });
}

async function answer(controls: InboxControls, request: IncomingMessage): Promise<Answer> {
  const { store, faults } = controls;
  const url = new URL(request.url ?? '/', 'http://inbox');
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /count':
      return json({ count: store.count });
    case 'GET /messages': {
      const limit = Number(url.searchParams.get('limit') ?? defaultLimit);
      const mails = store.received(url.searchParams.get('to') ?? '').slice(-limit);
      return json(mails.map(({ raw, ...envelope }) => ({ ...envelope, sizeBytes: raw.length })));
    }
    case 'DELETE /messages':
      store.clear();
      return json({ count: store.count });
    case 'POST /faults':
      faults.add(JSON.parse(await bodyOf(request)) as FaultRule);
      return json({});
    case 'DELETE /faults':
      faults.clear();
      return json({});
    case 'POST /refuse':
      await controls.refuseConnections();
      return json({});
    case 'POST /accept':
      await controls.acceptConnections();
      return json({});
    default:
      return oneMail(store, request.method, url.pathname);
  }
}

async function oneMail(store: MailStore, method: string | undefined, path: string): Promise<Answer> {
  const [, id, html] = /^\/messages\/(\d+)(\.html)?$/.exec(path) ?? [];
  const mail = store.received().find((other) => other.id === Number(id));
  if (method !== 'GET' || mail === undefined) return { status: 404, type: 'text/plain', body: 'not here' };
  const parsed = await parseMail(mail);
  if (html !== undefined) return { status: 200, type: 'text/html; charset=utf-8', body: parsed.html };
  return json({ ...parsed, headers: Object.fromEntries(parsed.headers) });
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  // A mail's HTML comes from outside: it is shown, and runs nothing.
  response.writeHead(status, { 'content-type': type, 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
