import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Entrant } from './benchmark.ts';
import { fillStream, group, requireAcknowledged, stream, value } from './redisStream/benchStream.ts';
import { concurrency, readByChain, readCount } from './redisStream/readByChain.ts';

/** BullMQ is so much slower that a part of the work tells its rate. */
const baselineShare = 0.1;

/**
 * Reading, handling and acknowledging entries of a Redis stream; handling does nothing. Baseline: BullMQ with the same number of
 * handlers at once, on the same Redis. Ceiling: a loop of XREADGROUP and one XACK for what it read, without handling, back-pressure,
 * or anything for a failure.
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
        ours: { ...filled, run: () => readByChain(redis.url, size, 1) },
        baseline: bullmq(redis.url, Math.max(1, Math.round(size * baselineShare))),
        ceiling: { ...filled, run: () => plainLoop(client, size) },
      },
      close: async () => {
        client.disconnect();
        await redis.close();
      },
    };
  },
};

async function plainLoop(client: Redis, size: number): Promise<number> {
  let acknowledged = 0;
  while (acknowledged < size) {
    const reply = await client.xreadgroup('GROUP', group, 'plain', 'COUNT', readCount, 'STREAMS', stream, '>');
    const [[, entries]] = reply as [[string, [string, string[]][]]];
    acknowledged += await client.xack(stream, group, ...entries.map(([id]) => id));
  }
  return acknowledged;
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
