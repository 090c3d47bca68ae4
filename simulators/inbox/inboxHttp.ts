import type { IncomingMessage, Server } from 'node:http';
import { answeringServer, answerSwitches, json, notHere, type HttpAnswer, type Switches } from '../httpAnswer.ts';
import { inboxFaultRule, type InboxFaults } from './faults.ts';
import { parseMail, type MailStore } from './mailStore.ts';

/** What can be asked and told over HTTP. */
export interface InboxControls {
  readonly store: MailStore;
  readonly faults: InboxFaults;
  readonly modes: Switches<unknown>['modes'];
}

const defaultLimit = 100;

/**
 * The inbox over HTTP, for people and for programs in other processes:
 *
 *     GET  /count                     GET    /messages?to=…&limit=…   (the newest, without their content)
 *     GET  /message-ids               (how often each Message-ID came; ?min=2: those that came more than once)
 *     GET  /messages/:id              GET    /messages/:id.html       (one mail; what its reader sees)
 *     DELETE /messages                POST   /faults, DELETE /faults  (a FaultRule; all of them)
 *     POST /refuse, POST /hole        (new connections are refused, or nobody is answered; ?forMs=… ends it by itself)
 *     POST /accept                    (connections are served again)
 */
export function inboxHttp({ store, faults, modes }: InboxControls): Server {
  return answeringServer(async (request) => {
    const url = new URL(request.url ?? '/', 'http://inbox');
    return (await answerSwitches(request, url, { rule: inboxFaultRule, faults, modes })) ?? answer(store, request, url);
  });
}

async function answer(store: MailStore, { method }: IncomingMessage, url: URL): Promise<HttpAnswer> {
  switch (`${method ?? ''} ${url.pathname}`) {
    case 'GET /count':
      return json({ count: store.count });
    case 'GET /message-ids': {
      const min = Number(url.searchParams.get('min') ?? 1);
      return json(Object.fromEntries([...store.timesByMessageId()].filter(([, times]) => times >= min)));
    }
    case 'GET /messages': {
      const limit = Number(url.searchParams.get('limit') ?? defaultLimit);
      const mails = store.received(url.searchParams.get('to') ?? '').slice(-limit);
      return json(mails.map(({ raw, ...envelope }) => ({ ...envelope, sizeBytes: raw.length })));
    }
    case 'DELETE /messages':
      store.clear();
      return json({ count: store.count });
    default:
      return oneMail(store, method, url.pathname);
  }
}

async function oneMail(store: MailStore, method: string | undefined, path: string): Promise<HttpAnswer> {
  const [, id, html] = /^\/messages\/(\d+)(\.html)?$/.exec(path) ?? [];
  const mail = store.received().find((other) => other.id === Number(id));
  if (method !== 'GET' || mail === undefined) return notHere;
  const parsed = await parseMail(mail);
  if (html !== undefined) return { status: 200, type: 'text/html; charset=utf-8', body: parsed.html };
  return json({ ...parsed, headers: Object.fromEntries(parsed.headers) });
}
