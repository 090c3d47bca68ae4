import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Faults } from './faults.ts';
import { json, jsonIn, notHere, problem, type HttpAnswer } from './httpAnswer.ts';
import { httpFaultRule, type Call, type HttpFaults } from './httpFaults.ts';
import { runAlone, startHttpSimulator, type Asked, type HttpSimulator, type HttpSimulatorOptions } from './httpSimulator.ts';
import { SmsStore, type ReceivedText } from './sms/smsStore.ts';

export interface SmsOptions extends HttpSimulatorOptions {
  /** What a client must bring as bearer token. */
  readonly token: string;
  /** The clock that stamps messages. Default: the machine's. */
  readonly now?: () => Date;
}

/** An SMS endpoint that keeps what it gets, and fails as it is told. Messages go to `/messages`. */
export interface Sms extends HttpSimulator {
  readonly token: string;
  /** Messages since the start or the last `clear`. */
  count(): number;
  /** The messages in the order they came; where `to` is given, those whose number contains it. */
  received(filter?: { readonly to?: string }): readonly ReceivedText[];
  /** Forgets the messages and their keys, not the faults. */
  clear(): void;
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
  const { token } = options;
  const store = new SmsStore(options.now ?? (() => new Date()));
  const faults: HttpFaults = new Faults(options.seed ?? 1);
  const simulator = await startHttpSimulator(options, {
    faults,
    switches: { rule: httpFaultRule, faults },
    token,
    ending: new AbortController(),
    control: (asked) => controlled(store, asked),
    understand: (asked) => (asked.method === 'POST' && asked.path === '/messages' ? understood(store, asked) : notHere),
  });
  return {
    ...simulator,
    token,
    count: () => store.count,
    received: (filter) => store.received(filter?.to),
    clear: () => store.clear(),
  };
}

const message = z.strictObject({
  to: z.string().regex(/^\+?\d[\d-]{6,18}\d$/, 'not a telephone number'),
  text: z.string().min(1).max(2_000),
});

function controlled(store: SmsStore, { method, path, query }: Asked): HttpAnswer | undefined {
  if (path !== '/messages' || method === 'POST') return undefined;
  if (method === 'GET') return json(store.received(query.get('to') ?? ''));
  if (method !== 'DELETE') return notHere;
  store.clear();
  return json({ count: store.count });
}

function understood(store: SmsStore, asked: Asked): Call | HttpAnswer {
  const key = asked.header('idempotency-key');
  if (key === '' || key.length > 255) return problem(400, 'Idempotency-Key is missing or too long');
  const parsed = message.safeParse(jsonIn(asked.body));
  if (!parsed.success) return problem(400, parsed.error.issues.map(({ path, message: what }) => `${path.join('.')}: ${what}`).join('; '));
  const { to, text } = parsed.data;
  return {
    about: to,
    perform() {
      const taken = store.take(key, to, text);
      return taken === 'conflict' ? problem(422, 'this Idempotency-Key was used for another message') : json({ id: taken.id }, 201);
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8026' },
      host: { type: 'string', default: '127.0.0.1' },
      token: { type: 'string', default: 'sms-simulator' },
    },
  });
  runAlone(await startSms({ port: Number(values.port), host: values.host, token: values.token }));
}
