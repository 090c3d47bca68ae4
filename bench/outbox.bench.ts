import { join } from 'node:path';
import { Redis } from 'ioredis';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { createRedisStreamBus } from '../src/connectors/redisStream/redisStreamBus.ts';
import type { Bus } from '../src/connectors/bus.ts';
import { realClock } from '../src/runtime/clock.ts';
import { runRelays } from '../src/runtime/outbox/runRelays.ts';
import { startPostgres } from '../stack/postgres.ts';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { benchLog } from './chainParts.ts';
import { fillOutbox } from './outbox/fillOutbox.ts';
import { graphileQueue } from './outbox/graphileQueue.ts';
import { plainPoller, readPlainly } from './outbox/plainRelays.ts';
import { outboxTopic, type Rival } from './outbox/rival.ts';

/**
 * Publishing what stands in an outbox to a Redis stream: the relay as a daemon runs it, which deletes what the broker has. Baseline: the
 * poller of textbooks, which reads a page, publishes a message, marks it as published, and goes on. Ceiling: a plain loop that reads
 * the same rows in pages of 1,000 and publishes each page, and marks nothing.
 */
export const outboxBenchmark: Benchmark = {
  name: 'outbox',
  unit: 'messages',
  size: 100_000,
  open: (size) => open(size, plainPoller),
};

/** The same beside graphile-worker, a known queue in PostgreSQL: a job for each message, as its documentation has it for the highest rate. */
export const outboxQueue: Benchmark = { name: 'outboxQueue', unit: 'messages', size: 100_000, open: (size) => open(size, graphileQueue) };

async function open(size: number, rival: Rival): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  const { url } = postgres;
  await migrate({ url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  const database = started.adopt(openDatabase({ url, clock: realClock }), (opened) => opened.close());
  await database.execute('CREATE SCHEMA shop');
  await database.query(`SELECT weir.provide_outbox('shop')`);
  await rival.makeTables(database, url);
  const redis = started.adopt(await startRedis(), (service) => service.close());
  const reader = started.adopt(new Redis(redis.url), (opened) => opened.disconnect());
  const bus = started.adopt(createRedisStreamBus({ url: redis.url, clock: realClock, instance: 'bench' }), (opened) => opened.close());
  const entrant = ({ count, fill, run, waiting, left }: Turn): Entrant => ({
    prepare: async () => {
      await fill(database, count);
      await database.execute('CHECKPOINT');
      await reader.flushdb();
    },
    run: async () => {
      await run();
      return count;
    },
    check: () => requirePublished(database, reader, { count, waiting, left }),
  });
  const sink = bus.publish(outboxTopic);
  const outbox = { count: size, fill: fillMine, waiting: 'SELECT count(*) AS waiting FROM shop.outbox' };
  const share = Math.max(1, Math.round(size * rival.share));
  const publish = (): Promise<void> => rival.publish(database, url, sink, share);
  const all = started.move();
  return {
    entrants: {
      ours: entrant({ ...outbox, run: () => relay(database, bus, size), left: 0 }),
      baseline: entrant({ count: share, fill: rival.fill, run: publish, waiting: rival.waiting, left: 0 }),
      ceiling: entrant({ ...outbox, run: () => readPlainly(database, sink), left: size }),
    },
    close: () => all.disposeAsync(),
  };
}

/** What a contestant does, and what it leaves. */
interface Turn {
  readonly count: number;
  readonly fill: Rival['fill'];
  readonly run: () => Promise<void>;
  readonly waiting: string;
  /** Messages that wait after it. */
  readonly left: number;
}

const fillMine: Rival['fill'] = (database, count) => fillOutbox(database, 'outbox', count);

/** Runs relays until they have published so many. */
async function relay(database: PostgresDatabase, bus: Bus, size: number): Promise<void> {
  const stopping = new AbortController();
  let left = size;
  const published = (_outbox: string, _topic: string, count: number): void => {
    left -= count;
    if (left === 0) stopping.abort();
  };
  await runRelays({
    ...{ database, bus, clock: realClock, log: benchLog, pollMs: 1_000, draining: stopping.signal },
    outboxes: [{ schema: 'shop', profile: 'bench', topics: [outboxTopic] }],
    meter: { published, failed: () => undefined },
  });
}

async function requirePublished(
  database: PostgresDatabase,
  reader: Redis,
  { count, waiting, left }: Pick<Turn, 'count' | 'waiting' | 'left'>,
): Promise<void> {
  const published = await reader.xlen(outboxTopic.name);
  const [row] = await database.query<{ waiting: bigint }>(waiting);
  if (published !== count || row?.waiting !== BigInt(left))
    throw new Error(`Of ${count} messages ${published} were published, and ${row?.waiting} wait.`);
}
