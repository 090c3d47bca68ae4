import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { Faults } from './faults.ts';
import type { InboxFaults, Phase } from './inbox/faults.ts';
import { inboxHttp } from './inbox/inboxHttp.ts';
import { MailStore, parseMail, type InboxMail, type Keep, type ReceivedMail } from './inbox/mailStore.ts';
import { SmtpDialogue } from './inbox/smtpDialogue.ts';
import { Listener } from './listener.ts';

export interface InboxOptions {
  /** Where it listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly smtpPort?: number;
  readonly httpPort?: number;
  /** Default `all`. `envelopes` or `none` bound the memory where many mails come. */
  readonly keep?: Keep;
  /** Whether the server offers PIPELINING. Default true. */
  readonly pipelining?: boolean;
  /** Of the chance with which faults strike. Default 1. */
  readonly seed?: number;
  /** The clock that stamps mails. Default: the machine's. */
  readonly now?: () => Date;
}

/** A mail server that keeps what it gets, and fails as it is told. */
export interface Inbox {
  readonly smtpPort: number;
  readonly httpPort: number;
  /** `smtp://127.0.0.1:port` */
  readonly smtpUrl: string;
  readonly httpUrl: string;
  readonly faults: InboxFaults;
  /** Connections that are open now, and those that were accepted since the start. */
  connections(): { readonly open: number; readonly accepted: number };
  /** Mails since the start or the last `clear`. */
  count(): number;
  /** The kept mails in the order of arrival, unread; where `to` is given, those whose recipient contains it. */
  received(filter?: { readonly to?: string }): readonly ReceivedMail[];
  /** The same, read. */
  messages(filter?: { readonly to?: string }): Promise<readonly InboxMail[]>;
  /** Every mail with this id: more than one is a double. */
  byMessageId(messageId: string): readonly ReceivedMail[];
  /** Ids that came more than once. */
  doubles(): readonly string[];
  /** Resolves when there are `count` mails or more; rejects after the limit (10 s by default). */
  until(count: number, limitMs?: number): Promise<void>;
  /** Forgets the mails, not the faults. */
  clear(): void;
  /** Refuses new connections, as a server that is down; by itself no longer than `forMs`. Open ones go on. */
  refuseConnections(forMs?: number): Promise<void>;
  /** A black hole: takes connections, open ones included, and answers nobody; what it swallowed stays so. By itself no longer than `forMs`. */
  swallowConnections(forMs?: number): void;
  /** Serves new connections again, whatever kept it from that. */
  acceptConnections(): Promise<void>;
  /** Cuts every open connection by a reset, as a server that is killed. */
  cutConnections(): void;
  /** Cuts every connection and ends. */
  close(): Promise<void>;
}

/** Starts an inbox; it runs until it is closed. */
export async function startInbox(options: InboxOptions = {}): Promise<Inbox> {
  const host = options.host ?? '127.0.0.1';
  const store = new MailStore(options.keep ?? 'all', options.now ?? (() => new Date()));
  const faults: InboxFaults = new Faults(options.seed ?? 1);
  const open = new Map<Socket, SmtpDialogue | undefined>();
  let accepted = 0;
  let isHole = false;
  let holeEnd: NodeJS.Timeout | undefined;
  const smtp = createServer((socket) => {
    accepted += 1;
    socket.on('close', () => open.delete(socket));
    // Read although nobody answers: else the client could not even tell that its peer still takes its bytes.
    if (isHole) socket.on('error', () => undefined).resume();
    const dialogueHost = {
      pipelining: options.pipelining ?? true,
      fault: (phase: Phase, recipients: readonly string[]) => faults.at(phase, recipients),
      accept: (from: string, to: readonly string[], raw: Buffer) => store.add(from, to, raw),
    };
    open.set(socket, isHole ? undefined : new SmtpDialogue(socket, dialogueHost));
  });
  const smtpListener = new Listener(smtp, host);
  const smtpPort = await smtpListener.open(options.smtpPort ?? 0);
  const switches = {
    refuseConnections: async (forMs?: number) => {
      smtpListener.refuse(forMs);
      await Promise.resolve();
    },
    swallowConnections: (forMs?: number) => {
      isHole = true;
      for (const dialogue of open.values()) dialogue?.fallSilent();
      clearTimeout(holeEnd);
      if (forMs !== undefined) holeEnd = setTimeout(() => (isHole = false), forMs);
    },
    acceptConnections: async () => {
      isHole = false;
      clearTimeout(holeEnd);
      await smtpListener.accept();
    },
  };
  const cutConnections = (): void => {
    for (const socket of open.keys()) socket.resetAndDestroy();
  };
  const modes = { refuse: switches.refuseConnections, hole: switches.swallowConnections, accept: switches.acceptConnections };
  const http = inboxHttp({ store, faults, modes });
  const httpListener = new Listener(http, host);
  const httpPort = await httpListener.open(options.httpPort ?? 0);
  return {
    smtpPort,
    httpPort,
    smtpUrl: `smtp://${host}:${smtpPort}`,
    httpUrl: `http://${host}:${httpPort}`,
    faults,
    ...switches,
    cutConnections,
    connections: () => ({ open: open.size, accepted }),
    count: () => store.count,
    received: (filter) => store.received(filter?.to),
    messages: (filter) => Promise.all(store.received(filter?.to).map(parseMail)),
    byMessageId: (messageId) => store.received().filter((mail) => mail.messageId === messageId),
    doubles: () => [...store.timesByMessageId()].filter(([, times]) => times > 1).map(([id]) => id),
    until: (count, limitMs = 10_000) => store.until(count, limitMs),
    clear: () => store.clear(),
    async close() {
      clearTimeout(holeEnd);
      const ended = [smtpListener.close(), httpListener.close()];
      http.closeAllConnections();
      cutConnections();
      await Promise.all(ended);
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      'smtp-port': { type: 'string', default: '1025' },
      'http-port': { type: 'string', default: '8025' },
      host: { type: 'string', default: '127.0.0.1' },
      keep: { type: 'string', default: 'all' },
    },
  });
  const inbox = await startInbox({
    smtpPort: Number(values['smtp-port']),
    httpPort: Number(values['http-port']),
    host: values.host,
    keep: values.keep as Keep,
  });
  process.stdout.write(`${JSON.stringify({ smtpUrl: inbox.smtpUrl, httpUrl: inbox.httpUrl })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void inbox.close());
}
