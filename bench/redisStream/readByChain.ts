import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { createRedisStreamBus } from '../../src/connectors/redisStream/redisStreamBus.ts';
import type { RedisStreamOptions } from '../../src/connectors/redisStream/redisStreamOptions.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { chainParts, completed } from '../chainParts.ts';
import { benchStream } from './benchStream.ts';

/** Handlers at once. */
export const concurrency = 100;

/** Entries of one read. */
export const readCount = 500;

/** The stream as Weir knows it. */
export const topic = { name: benchStream.name, deadLetters: `${benchStream.name}.dlt`, partitions: 1, maxSizeBytes: 1_048_576 };

/** Weir reads, handles and acknowledges `size` entries; handling does nothing. Answers how many it has done. */
export async function readByChain(url: string, size: number, options: Partial<RedisStreamOptions>): Promise<number> {
  const bus = createRedisStreamBus({ url, clock: realClock, instance: 'bench', readCount, ...options });
  let handled = 0;
  const handle = (bytes: Uint8Array): Promise<Uint8Array> => {
    handled += 1;
    if (handled === size) chain.drain();
    return Promise.resolve(bytes);
  };
  const retry = { maxRetries: 3, firstDelayMs: 100, maxDelayMs: 1_000 };
  const chain = runChain<Uint8Array>({
    ...chainParts('bench.redisStream', { window: 4 * readCount, maxSpan: 40 * readCount }),
    source: bus.subscribe(topic, { group: benchStream.group }),
    chain: (message$) => message$.pipe(mergeMapEach(handle, { concurrency, timeLimitMs: 10_000, retry, holdMs: 1_000, unknown: 'retry' })),
  });
  try {
    await completed(chain);
  } finally {
    await bus.close();
  }
  return chain.counts().done;
}
