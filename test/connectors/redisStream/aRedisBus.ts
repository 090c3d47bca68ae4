import type { Bus } from '../../../src/connectors/bus.ts';
import { createRedisStreamBus } from '../../../src/connectors/redisStream/redisStreamBus.ts';
import type { RedisStreamOptions } from '../../../src/connectors/redisStream/redisStreamOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';

/** A bus with times short enough for tests. */
export function aRedisBus(url: string, over: Partial<RedisStreamOptions> = {}): Bus {
  const times = { blockMs: 200, idleLimitMs: 600, claimMinMs: 50, claimMaxMs: 200, timeLimitMs: 2_000 };
  return createRedisStreamBus({ url, clock: realClock, instance: 'a', ...times, ...over });
}
