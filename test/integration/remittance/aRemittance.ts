import type { Observable } from 'rxjs';
import { systems } from '../../../pipelines/index.ts';
import { bankCallsGroup } from '../../../pipelines/remittance/bankCalls.pipeline.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { dueCallTopic } from '../../../pipelines/remittance/remittanceTopics.ts';
import { startBank, type Bank } from '../../../simulators/bank.ts';
import type { Gate } from '../../../operators/gate.ts';
import type { Topic } from '../../../src/connectors/bus.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { openHttpClient } from '../../../src/connectors/http/openHttpClient.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { createMemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import { MemoryStore } from '../../../src/connectors/memory/memoryStore.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import type { Message } from '../../../src/message/message.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Pipeline } from '../../../src/runtime/definePipeline.ts';
import type { Job } from '../../../src/runtime/jobs/job.ts';
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
  /** Options by the name of the pipeline or job. */
  readonly options?: Readonly<Record<string, object>>;
}

/** A process of remittance: everything that is wired in `pipelines/index.ts`, over its own view of the world. */
export interface RemittanceProcess {
  readonly ports: Ports;
  /** Starts the relays of the outbox and these pipelines, all of remittance by default. */
  start(names?: readonly string[]): Running;
  /** Runs a job to its end, as of the calendar's minute. */
  runJob(name: string): Promise<JobEnd>;
}

export interface Running {
  /** Reads no more, finishes what was read. */
  drain(): Promise<readonly RunEnd[]>;
  /** Ends as a process that is killed. */
  cut(): void;
}

/** The tables of remittance in a database of their own, a real bank that misbehaves as it is told, a calendar that tests move. */
export interface Remittance {
  readonly url: string;
  readonly database: PostgresDatabase;
  readonly bank: Bank;
  readonly store: MemoryStore;
  /** Sentences that processes have logged as errors, with their fields. */
  readonly errors: (readonly [string, LogFields])[];
  readonly now: () => Date;
  /** Moves the calendar on, so that what waits for a time is due. */
  pass(ms: number): void;
  aProcess(parts?: ProcessParts): RemittanceProcess;
  /** Waits until nothing that is due stands in the outbox, and groups have settled everything; or until nobody waits any more. */
  quiet(isOver?: () => boolean): Promise<void>;
}

/** Groups whose messages count as work: of every pipeline of remittance. */
const groups: readonly (readonly [Topic, string])[] = [[dueCallTopic, bankCallsGroup]];

/** The secret with which the bank signs its callbacks. */
export const bankSecret = 'a secret of the bank';

const settings = {
  ...{ partitions: 4, leaseMs: 3_000, heartbeatMs: 300, pollMs: 20, pageSize: 100, window: 300, maxSpan: 300 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

const meter = { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined };

const unchanged = (client: HttpClient): HttpClient => client;

let nodes = 0;

/** Opens remittance at noon in Seoul. */
export async function aRemittance(): Promise<Remittance> {
  const url = await aMigratedDatabase();
  // Hundreds may wait at once for one of its connections, and a busy machine may stand still meanwhile: none is refused for that.
  const database = openDatabase({ url, clock: realClock, connectLimitMs: 20_000 });
  atTheEnd(() => database.close());
  let calendar = new Date('2026-11-10T03:00:00Z');
  const now = (): Date => calendar;
  const bank = await startBank({ token: 'secret', webhookSecret: bankSecret, now, executesAfterMs: 0 });
  atTheEnd(() => bank.close());
  const store = new MemoryStore();
  const errors: Remittance['errors'][number][] = [];
  const log = { ...silent, error: (sentence: string, fields: LogFields = {}) => void errors.push([sentence, fields]) };

  const aProcess: Remittance['aProcess'] = (parts = {}) => {
    const { database: over = database, wire = unchanged, gate = openGate('bank'), options = {} } = parts;
    const clock: Clock = { ...(parts.clock ?? realClock), now };
    const bus = createMemoryBus({ store });
    nodes += 1;
    const ports = systems.openPorts({
      ...{ database: over, bus, clock, log, texter: undefined, chat: undefined, count: () => undefined },
      mailer: { send: () => Promise.resolve({ response: '' }), reach: () => Promise.resolve(), close: () => Promise.resolve() },
      service: (name) =>
        name === 'bank' ? wire(openHttpClient({ service: 'The bank', url: bank.url, token: 'secret', clock: realClock })) : undefined,
      webhookSecrets: (name) => (name === 'bank' ? [bankSecret] : []),
      gate: (name) => (name === 'bank' ? gate : openGate(name)),
      keyStore: noKeyStore,
      openFile: () => Promise.reject(new TypeError('remittance writes no file')),
      keyRing: parseKeyRing(`local:${Buffer.alloc(32).toString('base64')}`),
      sender: { address: 'bills@weir.example', name: 'Weir' },
      instance: `process ${nodes}`,
      node: nodes,
    });

    const start: RemittanceProcess['start'] = (names = systems.pipelines.map(({ name }) => name)) => {
      const draining = new AbortController();
      const isOurs = ({ name }: Pipeline<Ports, unknown>): boolean => name.startsWith('remittance.') && names.includes(name);
      const runs = systems.pipelines.filter(isOurs).map((pipeline) => {
        const set = pipeline.options.parse(options[pipeline.name] ?? {});
        return runChain({
          ...{ name: pipeline.name, source: pipeline.source(ports, set), clock, log, meter, limits: { window: 300, maxSpan: 3_000 } },
          ...{ chain: (message$: Observable<Message<Uint8Array>>) => pipeline.chain(message$, ports, set), stopTimeoutMs: 2_000 },
        });
      });
      const relaying = runRelays({
        ...{ database: over, bus, clock, log, outboxes: [remittanceOutbox], pollMs: 10, draining: draining.signal },
        meter: { published: () => undefined, failed: () => undefined },
      });
      return {
        drain: async () => {
          draining.abort();
          for (const run of runs) run.drain();
          await relaying;
          return Promise.all(runs.map(({ ended }) => ended));
        },
        cut: () => {
          draining.abort();
          for (const run of runs) run.cut();
        },
      };
    };
    const jobs = systems.jobs;
    return {
      ports,
      start,
      runJob: (name) => {
        const job = jobs.find((candidate) => candidate.name === name) as Job<Ports, unknown, unknown, unknown>;
        const key = new Date(calendar.getTime() + 9 * 3_600_000).toISOString().slice(0, 16);
        return runJob({
          ...{ job, ports, key, database: over, clock, settings, log, holder: 'test', meter, parts: new Set() },
          options: job.options.parse(options[name] ?? {}),
          draining: new AbortController().signal,
          signal: new AbortController().signal,
        });
      },
    };
  };

  const isQuiet = async (): Promise<boolean> => {
    const due = await database.query({ text: 'SELECT FROM remittance.outbox WHERE not_before <= $1 LIMIT 1', values: [calendar] });
    return due.length === 0 && groups.every(([topic, group]) => store.group(topic, group).every(({ unsettled }) => unsettled === 0));
  };
  return {
    ...{ url, database, bank, store, errors, now, aProcess },
    pass: (ms) => {
      calendar = new Date(calendar.getTime() + ms);
    },
    // Between a row that is deleted and its message that is read nothing is seen to be due: so it is looked at twice.
    quiet: async (isOver = () => false) => {
      await until('nothing is due', async () => isOver() || ((await isQuiet()) && (await isQuiet())), { limitMs: 20_000 });
    },
  };
}

/** Opens accounts of businesses at the bank and here, each with so much money at the bank. */
export async function openAccounts(
  { database, bank }: Pick<Remittance, 'database' | 'bank'>,
  accounts: Readonly<Record<string, bigint>>,
): Promise<void> {
  for (const [account, balance] of Object.entries(accounts)) bank.openAccount(account, balance);
  await database.execute({ text: insertAccounts, values: [Object.keys(accounts)] });
}

const insertAccounts = `
  WITH named AS (
    SELECT number, (SELECT count(*) FROM remittance.kcd_bank_accounts) + place AS id FROM unnest($1::text[]) WITH ORDINALITY AS named (number, place)
  ), users AS (
    INSERT INTO remittance.users (id, name) SELECT id, 'business ' || number FROM named
  )
  INSERT INTO remittance.kcd_bank_accounts (id, kind, user_id, account_number) SELECT id, 'EXTERNAL', id, number FROM named`;

/** How a request and its calls stand. */
export async function standOf({ database }: Remittance, requestId: bigint): Promise<Standing> {
  const [row] = await database.query<Standing>({ text: standing, values: [requestId] });
  if (row === undefined) throw new Error('no such request');
  return row;
}

export interface Standing {
  readonly state: string;
  readonly failCode: string | null;
  readonly parked: string | null;
  /** `MOVE_IN 1 DONE` */
  readonly calls: readonly string[];
  readonly tries: number;
  readonly asks: number;
  /** `NO_ANSWER 3`, with `parked` or `ended`. */
  readonly failures: readonly string[];
  readonly states: readonly string[];
}

const standing = `
  SELECT request.state, fail_code AS "failCode", park_reason AS parked,
    (SELECT array_agg(concat_ws(' ', kind, seq, status, reason) ORDER BY id) FROM remittance.bank_call WHERE request_id = request.id) AS calls,
    (SELECT sum(tries)::int FROM remittance.bank_call WHERE request_id = request.id) AS tries,
    (SELECT sum(asks)::int FROM remittance.bank_call WHERE request_id = request.id) AS asks,
    coalesce((SELECT array_agg(concat_ws(' ', code, tries, CASE WHEN park_reason IS NOT NULL THEN 'parked' WHEN ended_at IS NOT NULL THEN 'ended' END))
      FROM remittance.biz_remittance_request_failures WHERE request_id = request.id), '{}') AS failures,
    (SELECT array_agg(state ORDER BY recorded_at, state DESC) FROM remittance.biz_remittance_request_records WHERE request_id = request.id) AS states
  FROM remittance.biz_remittance_requests AS request WHERE id = $1`;

let made = 0;

/** Has a remittance taken on, as a caller would, and answers its number. */
export async function aRequest(
  { ports }: RemittanceProcess,
  order: { readonly from?: string; readonly to?: string; readonly amountMinor?: bigint; readonly key?: string } = {},
): Promise<bigint> {
  made += 1;
  const { from = 'A', to = 'B', amountMinor = 12_000n, key = `key-${made}` } = order;
  const once = { scope: 'test POST /remittances', key, fingerprint: Buffer.from(`${from} ${to} ${amountMinor}`) };
  const { body } = await ports.requests.accept(once, { caller: 'test', fromAccount: from, toAccount: to, amountMinor });
  return BigInt((body as { readonly number: string }).number);
}
