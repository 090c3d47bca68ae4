import { Redis } from 'ioredis';
import { startRedis } from '../stack/redis.ts';
import { linksInMemory } from './accountLinks/linksInMemory.ts';
import { linkStream } from './accountLinks/linkStream.ts';
import { registerLinks } from './accountLinks/registerLinks.ts';
import type { Benchmark, Entrant } from './benchmark.ts';
import { fillStream, requireAcknowledged } from './redisStream/benchStream.ts';
import { bullmq } from './redisStream/bullmq.ts';
import { oneByOne, plainLoop } from './redisStream/plainLoop.ts';

/**
 * The whole reading side of `accountLinks`: requests of other programs read, decoded, admitted, claimed, registered, recorded and
 * acknowledged by the pipeline as the daemon runs it, over rows and a bank in memory that answer at once. Baseline: BullMQ with a hundred
 * handlers at once that do nothing. Ceiling: the plain loop of `redisStream`, which does not look at what it reads. Fails unless each
 * entry is acknowledged and each link was asked for and recorded once.
 */
export const accountLinksBenchmark: Benchmark = {
  name: 'accountLinks',
  unit: 'messages',
  size: 100_000,
  open: async (size) => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    return {
      entrants: {
        ours: ours(redis.url, client, size),
        baseline: bullmq(redis.url, size, linkStream),
        ceiling: plainLoop(client, size, linkStream),
      },
      facts: (options) => oneByOne(client, size, linkStream, options),
      close: async () => {
        client.disconnect();
        await redis.close();
      },
    };
  },
};

function ours(url: string, client: Redis, size: number): Entrant {
  let world = linksInMemory();
  return {
    prepare: async () => {
      world = linksInMemory();
      await fillStream(client, size, linkStream);
    },
    run: () => registerLinks(url, size, world),
    check: async () => {
      await requireAcknowledged(client, size, linkStream);
      world.requireRegistered(size);
    },
  };
}
