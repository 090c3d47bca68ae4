import { Redis } from 'ioredis';
import { startRedis } from '../stack/redis.ts';
import type { Benchmark, Entrant } from './benchmark.ts';
import { arrangements, type Arrangement } from './redisConnections/arrangement.ts';
import { compareArrangements } from './redisConnections/compareArrangements.ts';
import { readPlainly } from './redisConnections/readPlainly.ts';
import { fillStream, requireAcknowledged } from './redisStream/benchStream.ts';
import { readByChain } from './redisStream/readByChain.ts';

/** Readers of the contestants; the table that follows has others. */
const readers = 4;

/**
 * Connections for the readers of one process. Ours: the connector with four readers, each with a connection of its own, through a
 * chain. Baseline: four plain readers that share one connection, and therefore poll. Ceiling: four plain readers with a connection each.
 * Then the table for which it is there: arrangements of connections, and what they do to commands of others.
 */
export const redisConnections: Benchmark = {
  name: 'redisConnections',
  unit: 'messages',
  size: 100_000,
  open: async (size) => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    const entrant = (run: () => Promise<number>): Entrant => ({
      prepare: () => fillStream(client, size),
      run,
      check: () => requireAcknowledged(client, size),
    });
    const plain = (name: string): Entrant => entrant(() => readAll(redis.url, size, arrangementOf(name)));
    return {
      entrants: {
        ours: entrant(() => readByChain(redis.url, size, { readers })),
        baseline: plain('one for all, polling'),
        ceiling: plain('one each, blocking'),
      },
      facts: (options) => compareArrangements(redis.url, size, options),
      close: async () => {
        client.disconnect();
        await redis.close();
      },
    };
  },
};

function arrangementOf(name: string): Arrangement {
  const found = arrangements.find((arrangement) => arrangement.name === name);
  if (found === undefined) throw new Error(`There is no arrangement ${name}.`);
  return found;
}

async function readAll(url: string, size: number, arrangement: Arrangement): Promise<number> {
  const connections = arrangement.open(url, readers);
  const reading = readPlainly(connections, arrangement, readers);
  await reading.acknowledged(size);
  // What blocks has nothing to wait for any more.
  connections.close();
  await reading.stop().catch(() => undefined);
  return size;
}
