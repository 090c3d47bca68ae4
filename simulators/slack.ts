import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Faults } from './faults.ts';
import { json, jsonIn, notHere, type HttpAnswer } from './httpAnswer.ts';
import { httpFaultRule, type Call, type HttpFaults } from './httpFaults.ts';
import { runAlone, startHttpSimulator, type Asked, type HttpSimulator, type HttpSimulatorOptions } from './httpSimulator.ts';

export interface SlackOptions extends HttpSimulatorOptions {
  /** The clock that stamps messages. Default: the machine's. */
  readonly now?: () => Date;
}

/** A message that a hook took. */
export interface Post {
  /** What stands behind `/services/`. */
  readonly hook: string;
  readonly text: string;
  readonly receivedAt: Date;
}

/** A chat with incoming webhooks that keeps what it gets, and fails as it is told. Hooks are `<url>/services/<any path>`. */
export interface Slack extends HttpSimulator {
  /** The messages in the order they came: the same one twice was posted twice, since a hook knows no key. */
  posts(): readonly Post[];
  /** Forgets the messages, not the faults. */
  clear(): void;
}

/**
 * Starts a chat; it runs until it is closed.
 *
 *     POST /services/{hook} {text}    200 ok, or 400 no_text, invalid_payload
 *     GET  /posts                     what was posted          DELETE /posts
 *     POST /faults                    an HttpFault, aimed `to` a hook          DELETE /faults
 *     POST /refuse?forMs=…, POST /accept
 */
export async function startSlack(options: SlackOptions = {}): Promise<Slack> {
  const { now = () => new Date(), seed = 1 } = options;
  const posts: Post[] = [];
  const clear = (): void => void posts.splice(0);
  const faults: HttpFaults = new Faults(seed);
  const simulator = await startHttpSimulator(options, {
    faults,
    switches: { rule: httpFaultRule, faults },
    ending: new AbortController(),
    control({ method, path }) {
      if (path !== '/posts') return undefined;
      if (method === 'DELETE') clear();
      return json(posts);
    },
    understand: (asked) =>
      understood(asked, (hook, text) => {
        posts.push({ hook, text, receivedAt: now() });
      }),
  });
  return { ...simulator, posts: () => [...posts], clear };
}

const message = z.object({ text: z.string().min(1).max(40_000) });

function understood({ method, path, body }: Asked, post: (hook: string, text: string) => void): Call | HttpAnswer {
  const hook = /^\/services\/(.+)$/.exec(path)?.[1];
  if (method !== 'POST' || hook === undefined) return notHere;
  const payload = jsonIn(body);
  const { data } = message.safeParse(payload);
  if (data === undefined) return said(typeof payload === 'object' && payload !== null ? 'no_text' : 'invalid_payload', 400);
  return {
    about: hook,
    perform() {
      post(hook, data.text);
      return said('ok', 200);
    },
  };
}

function said(body: string, status: number): HttpAnswer {
  return { status, type: 'text/plain', body };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '8029' }, host: { type: 'string', default: '127.0.0.1' } },
  });
  runAlone(await startSlack({ port: Number(values.port), host: values.host }));
}
