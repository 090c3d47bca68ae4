import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { mergeMapEach } from '../operators/mergeMapEach.ts';
import { createRedisStreamBus } from '../src/connectors/redisStream/redisStreamBus.ts';
import { realClock } from '../src/runtime/clock.ts';
import { runChain } from '../src/runtime/runChain.ts';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Entrant } from './benchmark.ts';
import { chainParts, completed } from './chainParts.ts';

const stream = 'bench';
const group = 'cg-bench';
const concurrency = 100;
const readCount = 500;
const value = JSON.stringify({ requestId: '0000000000001', partner: 'bench', account: '110-000-000000', note: 'x'.repeat(120) });

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
      prepare: () => fill(client, size),
      check: () => requireAcknowledged(client, size),
    };
    return {
      entrants: {
        ours: { ...filled, run: () => ours(redis.url, size) },
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

async function ours(url: string, size: number): Promise<number> {
  const bus = createRedisStreamBus({ url, clock: realClock, instance: 'bench', readCount });
  const topic = { name: stream, deadLetters: `${stream}.dlt`, partitions: 1, maxSizeBytes: 1_048_576 };
  let handled = 0;
  const handle = (bytes: Uint8Array): Promise<Uint8Array> => {
    handled += 1;
    if (handled === size) chain.drain();
    return Promise.resolve(bytes);
  };
  const retry = { maxRetries: 3, firstDelayMs: 100, maxDelayMs: 1_000 };
  const chain = runChain<Uint8Array>({
    ...chainParts('bench.redisStream', { window: 4 * readCount, maxSpan: 40 * readCount }),
    source: bus.subscribe(topic, { group }),
    chain: (message$) => message$.pipe(mergeMapEach(handle, { concurrency, timeLimitMs: 10_000, retry, holdMs: 1_000, unknown: 'retry' })),
  });
  try {
    await completed(chain);
  } finally {
    await bus.close();
  }
  return chain.counts().done;
}

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

/** A stream of `size` entries that its group has not read. */
async function fill(client: Redis, size: number): Promise<void> {
  await client.del(stream);
  await client.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  for (let added = 0; added < size;) {
    const pipeline = client.pipeline();
    for (const end = Math.min(size, added + 1_000); added < end; added += 1) {
      pipeline.xadd(stream, '*', 'key', String(added), 'value', value);
    }
    await pipeline.exec();
  }
}

async function requireAcknowledged(client: Redis, size: number): Promise<void> {
  const [pending] = (await client.xpending(stream, group)) as [number];
  const unread = await client.xreadgroup('GROUP', group, 'check', 'COUNT', 1, 'STREAMS', stream, '>');
  if (pending === 0 && unread === null) return;
  throw new Error(`Of ${size} entries ${pending} are not acknowledged, and ${unread === null ? 'all' : 'not all'} were read.`);
}
