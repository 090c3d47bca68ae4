import type { Observable } from 'rxjs';
import { linkOutbox } from '../../../pipelines/accountLinks/linkOutbox.ts';
import { linkTopic } from '../../../pipelines/accountLinks/linkTopic.ts';
import { linkGroup, register } from '../../../pipelines/accountLinks/register.pipeline.ts';
import { registerOptions } from '../../../pipelines/accountLinks/registerOptions.ts';
import { retryFailed } from '../../../pipelines/accountLinks/retryFailed.job.ts';
import { systems } from '../../../pipelines/index.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import type { Gate } from '../../../operators/gate.ts';
import { startBank, type Bank } from '../../../simulators/bank.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { openHttpClient } from '../../../src/connectors/http/openHttpClient.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { createMemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import { MemoryStore } from '../../../src/connectors/memory/memoryStore.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Clock } from '../../../src/message/clock.ts';
import type { DeadLetter } from '../../../src/message/deadLetter.ts';
import { parseKeyRing, type KeyRing } from '../../../src/message/keyRing.ts';
import type { Message } from '../../../src/message/message.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { runRelays } from '../../../src/runtime/outbox/runRelays.ts';
import { runChain, type RunEnd } from '../../../src/runtime/runChain.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { noKeyStore } from '../../support/noKeyStore.ts';
import { openGate } from '../../support/openGate.ts';
import { aMigratedDatabase } from '../../support/services.ts';
import { until } from '../../support/until.ts';

/** The ports of all systems, as a process opens them. */
export type Ports = ReturnType<typeof systems.openPorts>;

/** What a process has of the world, where that matters. */
export interface ProcessParts {
  readonly database?: Database;
  readonly clock?: Clock;
  /** What stands between it and the bank. */
  readonly wire?: (client: HttpClient) => HttpClient;
  readonly gate?: Gate;
  readonly keyRing?: KeyRing;
  /** Options of `accountLinks.register`. */
  readonly options?: object;
}

/** A process that links accounts: what is wired in `pipelines/index.ts`, over its own view of the world. */
export interface LinkProcess {
  readonly ports: Ports;
  /** Starts the relays of the outbox, and the pipeline. */
  start(): Running;
  /** Runs the job to its end, as of the calendar's minute. */
  retryFailed(): Promise<JobEnd>;
}

export interface Running {
  /** Reads no more, finishes what was read. */
  drain(): Promise<RunEnd>;
  /** Ends as a process that is killed. */
  cut(): void;
}

/** The tables of account links in a database of their own, a real bank that misbehaves as it is told, a calendar that tests move. */
export interface Links {
  readonly url: string;
  readonly database: PostgresDatabase;
  readonly bank: Bank;
  readonly now: () => Date;
  /** Writes requests to the stream, as another program does. */
  ask(...requests: readonly object[]): void;
  readonly letters: readonly DeadLetter[];
  /** Moves the calendar on, so that what waits for a time is due. */
  pass(ms: number): void;
  aProcess(parts?: ProcessParts): LinkProcess;
  /** Waits until nothing that is due stands in the outbox, and the group has settled everything; or until nobody waits any more. */
  quiet(isOver?: () => boolean): Promise<void>;
}

/** The key of every process that is given no other. */
export const localKey = `local:${Buffer.alloc(32).toString('base64')}`;

const settings = {
  ...{ partitions: 4, leaseMs: 3_000, heartbeatMs: 300, pollMs: 20, pageSize: 100, window: 300, maxSpan: 300 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

const meter = { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined };

const unchanged = (client: HttpClient): HttpClient => client;

let nodes = 0;

/** Opens account links at noon in Seoul. */
export async function aLinks(): Promise<Links> {
  const url = await aMigratedDatabase();
  const database = openDatabase({ url, clock: realClock });
  atTheEnd(() => database.close());
  let calendar = new Date('2026-11-10T03:00:00Z');
  const now = (): Date => calendar;
  const bank = await startBank({ token: 'secret', webhookSecret: 'unused', now });
  atTheEnd(() => bank.close());
  const store = new MemoryStore();

  const aProcess: Links['aProcess'] = (parts = {}) => {
    const { database: over = database, wire = unchanged, gate = openGate('bank') } = parts;
    const clock: Clock = { ...(parts.clock ?? realClock), now };
    const bus = createMemoryBus({ store });
    nodes += 1;
    const ports = systems.openPorts({
      ...{ database: over, bus, clock, log: silent, texter: undefined, chat: undefined, count: () => undefined },
      mailer: { send: () => Promise.resolve({ response: '' }), reach: () => Promise.resolve(), close: () => Promise.resolve() },
      service: (name) =>
        name === 'bank' ? wire(openHttpClient({ service: 'The bank', url: bank.url, token: 'secret', clock: realClock })) : undefined,
      webhookSecrets: () => [],
      gate: (name) => (name === 'bank' ? gate : openGate(name)),
      keyStore: noKeyStore,
      openFile: () => Promise.reject(new TypeError('account links write no file')),
      keyRing: parts.keyRing ?? parseKeyRing(localKey),
      sender: { address: 'bills@weir.example', name: 'Weir' },
      instance: `process ${nodes}`,
      node: nodes,
    });
    const start: LinkProcess['start'] = () => {
      const draining = new AbortController();
      const options = registerOptions.parse(parts.options ?? {});
      const run = runChain({
        ...{ name: register.name, source: register.source(ports, options), clock, log: silent, meter },
        limits: { window: 300, maxSpan: 3_000 },
        chain: (message$: Observable<Message<Uint8Array>>) => register.chain(message$, ports, options),
        stopTimeoutMs: 2_000,
      });
      const relaying = runRelays({
        ...{ database: over, bus, clock, log: silent, outboxes: [linkOutbox], pollMs: 10, draining: draining.signal },
        meter: { published: () => undefined, failed: () => undefined },
      });
      return {
        drain: async () => {
          draining.abort();
          run.drain();
          await relaying;
          return run.ended;
        },
        cut: () => {
          draining.abort();
          run.cut();
        },
      };
    };
    return {
      ports,
      start,
      retryFailed: () =>
        runJob({
          ...{ job: retryFailed, ports, key: seoulMinute(calendar), database: over, clock, settings, log: silent, holder: 'test' },
          ...{ meter, parts: new Set(), options: retryFailed.options.parse({}) },
          draining: new AbortController().signal,
          signal: new AbortController().signal,
        }),
    };
  };

  const isQuiet = async (): Promise<boolean> => {
    const due = await database.query({ text: 'SELECT FROM account_links.outbox WHERE not_before <= $1 LIMIT 1', values: [calendar] });
    return due.length === 0 && store.group(linkTopic, linkGroup).every(({ unsettled }) => unsettled === 0);
  };
  return {
    ...{ url, database, bank, now, aProcess },
    letters: store.topic(linkTopic).deadLetters,
    ask: (...requests) =>
      store.append(
        linkTopic,
        requests.map((request) => ({ key: 'k', value: Buffer.from(JSON.stringify(request)) })),
      ),
    pass: (ms) => {
      calendar = new Date(calendar.getTime() + ms);
    },
    // Between a row that is deleted and its message that is read nothing is seen to be due: so it is looked at twice.
    quiet: async (isOver = () => false) => {
      await until('nothing is due', async () => isOver() || ((await isQuiet()) && (await isQuiet())), { limitMs: 20_000 });
    },
  };
}
