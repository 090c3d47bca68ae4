import { Redis } from 'ioredis';
import { emailTopic } from '../pipelines/billing/dispatchedBill.ts';
import { createRedisStreamBus } from '../src/connectors/redisStream/redisStreamBus.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark } from './benchmark.ts';
import { openDispatch, type Outlet } from './dispatch/dispatchContest.ts';

/**
 * Dispatching bills over Redis Streams: the job `billing.dispatch` as `weir run --job` runs it, which reads, marks and publishes.
 * Ceiling: a plain loop that reads the same bills page by page and publishes them, and marks nothing.
 */
export const dispatchBenchmark: Benchmark = { name: 'dispatch', unit: 'bills', size: 200_000, open: (size) => openDispatch(size, open) };

async function open(started: AsyncDisposableStack): Promise<Outlet> {
  const redis = started.adopt(await startRedis(), (service) => service.close());
  const reader = started.adopt(new Redis(redis.url), (opened) => opened.disconnect());
  const bus = started.adopt(createRedisStreamBus({ url: redis.url, clock: realClock, instance: 'bench' }), (opened) => opened.close());
  const emails = bus.publish(emailTopic);
  return {
    bus,
    write: (messages) => emails.write(messages),
    empty: async () => {
      await reader.flushdb();
    },
    count: () => reader.xlen(emailTopic.name),
  };
}
