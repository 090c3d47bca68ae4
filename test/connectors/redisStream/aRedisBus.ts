import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import { createRedisStreamBus } from '../../../src/connectors/redisStream/redisStreamBus.ts';
import type { RedisStreamOptions } from '../../../src/connectors/redisStream/redisStreamOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';

/** Times short enough for tests. */
const times = { blockMs: 200, idleLimitMs: 600, claimMinMs: 50, claimMaxMs: 200, timeLimitMs: 2_000 };

/** A bus with short times. Whoever makes it closes it. */
export function aRedisBus(url: string, over: Partial<RedisStreamOptions> = {}): Bus {
  return createRedisStreamBus({ url, clock: realClock, instance: 'a', ...times, ...over });
}

/** A bus with short times that ends with its test. */
export function testBus(url: string, over: Partial<RedisStreamOptions> = {}): Bus {
  const bus = aRedisBus(url, over);
  onTestFinished(() => bus.close());
  return bus;
}

/** A plain client that ends with its test. */
export function testClient(url: string): Redis {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

/** Delivery counts of what is pending in group `g`, by id. */
export async function deliveryCounts(client: Redis, topic: Topic): Promise<readonly number[]> {
  const rows = (await client.xpending(topic.name, 'g', '-', '+', 1_000)) as (readonly [string, string, number, number])[];
  return rows.map(([, , , count]) => count);
}
