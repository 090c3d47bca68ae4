import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import type { Benchmark, Contest, Entrant, Entrants } from './benchmark.ts';
import { measure } from './measure.ts';
import { AnswerProcess } from './webhook/answerProcess.ts';
import { AnswerTimes } from './webhook/answerTimes.ts';
import { fillOrders, requireSettled } from './webhook/fillOrders.ts';
import { insertBare, settlePlainly } from './webhook/plainSettlement.ts';
import { eventPoster } from './webhook/postEvents.ts';

/** Connections at once where rates are compared. */
const usual = 8;

/** Connections at once where only times are told. */
const others = [1, 32];

/**
 * Answering what a gateway calls back with: signed events, each about another order, posted to the public API in a process of its own.
 * Baseline: the statements of a settlement written by hand, on connections of their own, without HTTP. Ceiling: one row inserted and
 * committed. The times of each are told for 1, 8 and 32 connections at once.
 */
export const webhookAnswer: Benchmark = { name: 'webhookAnswer', unit: 'events', size: 2_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  const { url } = postgres;
  await migrate({ url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  const database = started.adopt(openDatabase({ url, clock: realClock }), (opened) => opened.close());
  await database.execute('CREATE SCHEMA shop');
  await database.execute('CREATE TABLE shop.bare (id bigint PRIMARY KEY)');
  const clients = started.adopt(await openClients(url, Math.max(usual, ...others)), async (opened) => {
    await Promise.all(opened.map((client) => client.end()));
  });
  const answering = started.adopt(await AnswerProcess.start(url), (process) => process.close());
  const contestOf = (connections: number): TimedContest => {
    const poster = started.adopt(eventPoster(answering.url, connections), ({ close }) => close());
    const posts = Array.from({ length: connections }, () => poster.post);
    const used = clients.slice(0, connections);
    return timedContest(database, size, {
      ours: posts,
      baseline: used.map((client) => (order) => settlePlainly(client, order)),
      ceiling: used.map((client) => (order) => insertBare(client, order)),
    });
  };
  const contests = new Map([usual, ...others].map((connections) => [connections, contestOf(connections)]));
  const all = started.move();
  return {
    entrants: (contests.get(usual) as TimedContest).entrants,
    facts: async (options) => {
      for (const connections of others) await measure((contests.get(connections) as TimedContest).entrants, options);
      return Object.fromEntries(
        [...contests].toSorted(([a], [b]) => a - b).map(([connections, { told }]) => [`connections at once: ${connections},`, told()]),
      );
    },
    close: () => all.disposeAsync(),
  };
}

/** Contestants whose calls are timed one by one. */
interface TimedContest {
  readonly entrants: Entrants;
  /** The median and the 99th percentile of each. */
  readonly told: () => string;
}

type Lanes = readonly ((order: number) => Promise<void>)[];

function timedContest(
  database: PostgresDatabase,
  size: number,
  lanes: Readonly<Record<'ours' | 'baseline' | 'ceiling', Lanes>>,
): TimedContest {
  const times = { ours: new AnswerTimes(), baseline: new AnswerTimes(), ceiling: new AnswerTimes() };
  const entrant = (name: keyof typeof times, check: () => Promise<void>): Entrant => ({
    prepare: () => fillOrders(database, size),
    run: async () => {
      await times[name].run(size, lanes[name]);
      return size;
    },
    check,
  });
  const settled = (): Promise<void> => requireSettled(database, size);
  return {
    entrants: {
      ours: entrant('ours', settled),
      baseline: entrant('baseline', settled),
      ceiling: entrant('ceiling', () => requireBare(database, size)),
    },
    told: () =>
      `median and 99th percentile in ms: ${times.ours.summary}; the statements alone ${times.baseline.summary}; one row ${times.ceiling.summary}`,
  };
}

async function openClients(url: string, count: number): Promise<readonly Client[]> {
  const clients = Array.from({ length: count }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}

async function requireBare(database: PostgresDatabase, count: number): Promise<void> {
  const [row] = await database.query<{ rows: bigint }>('SELECT count(*) AS rows FROM shop.bare');
  if (row?.rows !== BigInt(count)) throw new Error(`Of ${count} rows ${row?.rows} are there.`);
}
