import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Entrant } from './benchmark.ts';
import type { MeasureOptions } from './measureOptions.ts';
import { fillStream, group, requireAcknowledged, stream, value } from './redisStream/benchStream.ts';
import { longestCommands } from './redisStream/longestCommands.ts';
import { concurrency, readByChain, readCount } from './redisStream/readByChain.ts';
import { median } from './statistics.ts';

/** BullMQ is so much slower that a part of the work tells its rate. */
const baselineShare = 0.1;

/**
 * Reading, handling and acknowledging entries of a Redis stream; handling does nothing. Baseline: BullMQ with the same number of
 * handlers at once, on the same Redis. Ceiling: a loop of XREADGROUP and one XACK for what it read, without handling, back-pressure,
 * or anything for a failure. Fails also when a command of ours held Redis for more than 10 ms.
 */
export const redisStream: Benchmark = {
  name: 'redisStream',
  unit: 'messages',
  size: 200_000,
  open: async (size) => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    const filled: Pick<Entrant, 'prepare' | 'check'> = {
      prepare: () => fillStream(client, size),
      check: () => requireAcknowledged(client, size),
    };
    return {
      entrants: {
        ours: { ...filled, run: () => readByChain(redis.url, size, {}) },
        baseline: bullmq(redis.url, Math.max(1, Math.round(size * baselineShare))),
        ceiling: { ...filled, run: () => plainLoop(client, size, (ids) => client.xack(stream, group, ...ids)) },
      },
      facts: async (options) => ({ ...(await oneByOne(client, size, options)), ...(await longestCommands(redis.url, options.onProgress)) }),
      close: async () => {
        client.disconnect();
        await redis.close();
      },
    };
  },
};

async function plainLoop(client: Redis, size: number, acknowledge: (ids: readonly string[]) => Promise<number>): Promise<number> {
  let acknowledged = 0;
  while (acknowledged < size) {
    const reply = await client.xreadgroup('GROUP', group, 'plain', 'COUNT', readCount, 'STREAMS', stream, '>');
    const [[, entries]] = reply as [[string, [string, string[]][]]];
    const done = await acknowledge(entries.map(([id]) => id));
    acknowledged += done;
  }
  return acknowledged;
}

/** The same loop as most write it: each entry acknowledged by itself, and that awaited. Over a part of the entries. */
async function oneByOne(client: Redis, size: number, { runs }: MeasureOptions): Promise<Readonly<Record<string, string>>> {
  const part = Math.max(1, Math.round(size * baselineShare));
  const rates: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    await fillStream(client, part);
    const startedMs = performance.now();
    await plainLoop(client, part, async (ids) => {
      for (const id of ids) await client.xack(stream, group, id);
      return ids.length;
    });
    // The first round warms compilers.
    if (run > 0) rates.push(part / ((performance.now() - startedMs) / 1_000));
  }
  return { 'a plain loop that acknowledges one by one:': `${Math.round(median(rates))}/s` };
}

function bullmq(url: string, size: number): Entrant {
  const { hostname: host, port, password } = new URL(url);
  const connection = { host, port: Number(port), password, maxRetriesPerRequest: null };
  const data: unknown = JSON.parse(value);
  return {
    prepare: async () => {
      const queue = new Queue('bench', { connection });
      const jobs = Array.from({ length: 1_000 }, () => ({ name: 'handle', data, opts: { removeOnComplete: true } }));
      for (let added = 0; added < size; added += jobs.length) await queue.addBulk(jobs.slice(0, size - added));
      await queue.close();
    },
    run: async () => {
      const worker = new Worker('bench', () => Promise.resolve(), { connection, concurrency, autorun: false });
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      let completedJobs = 0;
      worker.on('completed', () => {
        completedJobs += 1;
        if (completedJobs === size) resolve(undefined);
      });
      worker.on('error', reject);
      worker.run().catch(reject);
      await promise;
      await worker.close();
      return completedJobs;
    },
  };
}
