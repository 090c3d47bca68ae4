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
import type { Benchmark, Entrant } from './benchmark.ts';
import { benchLog } from './chainParts.ts';
import { outboxTopic, pollPlainly, readPlainly } from './outbox/plainRelays.ts';

/** The poller is so much slower that a part of the work tells its rate. */
const baselineShare = 0.1;

/**
 * Publishing what stands in an outbox to a Redis stream: the relay as a daemon runs it, which deletes what the broker has. Baseline: the
 * poller of textbooks, which reads a page, publishes a message, marks it as published, and goes on. Ceiling: a plain loop that reads
 * the same rows in pages of 1,000 and publishes each page, and marks nothing.
 */
export const outboxBenchmark: Benchmark = {
  name: 'outbox',
  unit: 'messages',
  size: 100_000,
  open: async (size) => {
    await using started = new AsyncDisposableStack();
    // Vacuuming would begin somewhere in the midst of a run.
    const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
    await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
    const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock }), (opened) => opened.close());
    await makeTables(database);
    const redis = started.adopt(await startRedis(), (service) => service.close());
    const reader = started.adopt(new Redis(redis.url), (opened) => opened.disconnect());
    const bus = started.adopt(createRedisStreamBus({ url: redis.url, clock: realClock, instance: 'bench' }), (opened) => opened.close());
    const entrant = (count: number, run: () => Promise<void>, left: number): Entrant => ({
      prepare: async () => {
        await fill(database, count);
        await reader.flushdb();
      },
      run: async () => {
        await run();
        return count;
      },
      check: () => requirePublished(database, reader, count, left),
    });
    const share = Math.max(1, Math.round(size * baselineShare));
    const sink = bus.publish(outboxTopic);
    const all = started.move();
    return {
      entrants: {
        ours: entrant(size, () => relay(database, bus, size), 0),
        baseline: entrant(share, () => pollPlainly(database, sink), 0),
        ceiling: entrant(size, () => readPlainly(database, sink), size),
      },
      close: () => all.disposeAsync(),
    };
  },
};

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

async function makeTables(database: PostgresDatabase): Promise<void> {
  await database.execute('CREATE SCHEMA shop');
  await database.query(`SELECT weir.provide_outbox('shop')`);
  await database.execute(`
    CREATE TABLE shop.textbook (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, key text NOT NULL, headers jsonb NOT NULL,
      value bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(), published_at timestamptz
    )`);
  await database.execute('CREATE INDEX textbook_unpublished ON shop.textbook (id) WHERE published_at IS NULL');
}

/** The same messages in both tables, of 10,000 keys. */
async function fill(database: PostgresDatabase, count: number): Promise<void> {
  await database.execute('TRUNCATE shop.outbox, shop.textbook');
  for (const table of ['outbox', 'textbook']) {
    await database.execute({
      text: `
        INSERT INTO shop.${table} (topic, key, headers, value)
        SELECT $1, 'order ' || n % 10000, jsonb_build_object('weir-event-id', n::text), convert_to(repeat('x', 300), 'UTF8')
        FROM generate_series(1, $2::integer) AS n`,
      values: [outboxTopic.name, count],
    });
  }
  await database.execute('VACUUM ANALYZE shop.outbox, shop.textbook');
  await database.execute('CHECKPOINT');
}

async function requirePublished(database: PostgresDatabase, reader: Redis, count: number, left: number): Promise<void> {
  const published = await reader.xlen(outboxTopic.name);
  const [row] = await database.query<{ waiting: bigint }>(`
    SELECT least((SELECT count(*) FROM shop.outbox), (SELECT count(*) FROM shop.textbook WHERE published_at IS NULL)) AS waiting`);
  if (published !== count || row?.waiting !== BigInt(left))
    throw new Error(`Of ${count} messages ${published} were published, and ${row?.waiting} wait.`);
}
