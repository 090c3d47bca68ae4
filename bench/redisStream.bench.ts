import { Redis } from 'ioredis';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark } from './benchmark.ts';
import { benchStream, fillStream, requireAcknowledged } from './redisStream/benchStream.ts';
import { bullmq } from './redisStream/bullmq.ts';
import { longestCommands } from './redisStream/longestCommands.ts';
import { oneByOne, plainLoop } from './redisStream/plainLoop.ts';
import { readByChain } from './redisStream/readByChain.ts';

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
    return {
      entrants: {
        ours: {
          prepare: () => fillStream(client, size),
          run: () => readByChain(redis.url, size, {}),
          check: () => requireAcknowledged(client, size),
        },
        baseline: bullmq(redis.url, size, benchStream),
        ceiling: plainLoop(client, size, benchStream),
      },
      facts: async (options) => ({
        ...(await oneByOne(client, size, benchStream, options)),
        ...(await longestCommands(redis.url, options.onProgress)),
      }),
      close: async () => {
        client.disconnect();
        await redis.close();
      },
    };
  },
};
