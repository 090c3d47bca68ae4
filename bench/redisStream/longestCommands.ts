import { Redis } from 'ioredis';
import { createRedisStreamBus } from '../../src/connectors/redisStream/redisStreamBus.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { repeat } from '../../src/message/waiting.ts';
import { favour } from '../load/favour.ts';
import { blockingMs, watchSlowCommands, type SlowCommand } from '../load/slowCommands.ts';
import type { MeasureOptions } from '../measureOptions.ts';
import { benchStream, fillStream, requireAcknowledged } from './benchStream.ts';
import { readByChain, topic } from './readByChain.ts';

const { name: stream, group } = benchStream;

/** A large stream, of which a reader that is gone has taken a part. */
const size = 200_000;
const takenByTheDead = 50_000;
const takenAtOnce = 500;

/**
 * How long our commands hold Redis while four readers claim, read, acknowledge, renew and trim a large stream, what waits is counted
 * without Redis's own count, and the oldest entry is asked for. Throws when Redis was held for more than 10 ms, of which it had
 * a processor.
 */
export async function longestCommands(url: string, onProgress: MeasureOptions['onProgress']): Promise<Readonly<Record<string, string>>> {
  const client = new Redis(url, { protocol: 2 });
  await favour(client);
  const held = await workedThrough(client, url);
  client.disconnect();
  const slow = held.filter(({ ownMs }) => ownMs > blockingMs).length;
  const told = held.slice(0, 3).map(({ words, tookMs }) => `${nameOf(words)} ${tookMs.toFixed(1)} ms`);
  const sentence = `${slow}; longest by the clock ${told.join(', ')}`;
  onProgress(`commands that held Redis for more than 10 ms: ${sentence}`);
  if (slow > 0) throw new Error(`Redis was held for more than 10 ms: ${sentence}.`);
  return { [`commands above 10 ms over ${size} entries, ${takenByTheDead} of them pending:`]: sentence };
}

/** What held Redis for a millisecond or more, the longest first. */
async function workedThrough(client: Redis, url: string): Promise<readonly SlowCommand[]> {
  await fillStream(client, size);
  for (let taken = 0; taken < takenByTheDead; taken += takenAtOnce) {
    await client.xreadgroup('GROUP', group, 'gone', 'COUNT', takenAtOnce, 'STREAMS', stream, '>');
  }
  // Redis loses its count, as it does in a restart.
  const [, , last] = (await client.xpending(stream, group)) as [number, string, string];
  await client.call('XGROUP', 'SETID', stream, group, last);
  const slowCommands = await watchSlowCommands(client, 1);
  const end = watch(url);
  await readByChain(url, size, { readers: 4, idleLimitMs: 1_000, claimMinMs: 100, trimEveryMs: 100, retainMs: 0 });
  await end();
  const slow = await slowCommands();
  await requireAcknowledged(client, size);
  return slow;
}

/** Asks for what the metrics ask for, again and again, until the returned function is called. */
function watch(url: string): () => Promise<void> {
  const bus = createRedisStreamBus({ url, clock: realClock, instance: 'watcher' });
  const source = bus.subscribe(topic, { group });
  const askBoth = async (): Promise<void> => {
    await source.lag?.();
    await bus.oldestUnsettledAt(topic, { group });
  };
  let asking = Promise.resolve();
  const ask = (): Promise<void> => (asking = askBoth());
  const failures: unknown[] = [];
  const end = repeat(realClock, 50, ask, (error) => failures.push(error));
  return async () => {
    end();
    await Promise.allSettled([asking]);
    await bus.close();
    if (failures.length > 0) throw failures[0] as Error;
  };
}

/** A command by its name and what it does; a script by the beginning of its hash. */
function nameOf([name = '', ...rest]: readonly string[]): string {
  return /^evalsha?$/i.test(name) ? `${name} ${(rest[0] ?? '').slice(0, 8)}` : `${name} ${rest[0] ?? ''}`;
}
