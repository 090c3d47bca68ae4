import type { Redis } from 'ioredis';
import { processIdOf, watchProcessorsAway } from './processorsAway.ts';

/** How long one command may hold up everybody else, in milliseconds of its own. */
export const blockingMs = 10;

/** A command of the slow log of Redis. */
export interface SlowCommand {
  readonly words: readonly string[];
  /** By the clock, milliseconds. */
  readonly tookMs: number;
  /** Of them, without those for which Redis had no processor about that moment. */
  readonly ownMs: number;
}

/** Begins to watch for commands that hold Redis longer than this by the clock. The returned function ends it, and tells them: the longest first. */
export async function watchSlowCommands(redis: Redis, aboveMs: number): Promise<() => Promise<readonly SlowCommand[]>> {
  await redis.config('SET', 'slowlog-log-slower-than', String(aboveMs * 1_000), 'slowlog-max-len', '10000');
  await redis.slowlog('RESET');
  const watched = new AbortController();
  const awayAbout = watchProcessorsAway(await processIdOf(redis), watched.signal);
  return async () => {
    watched.abort();
    const rows = (await redis.slowlog('GET', '-1')) as (readonly [number, number, number, readonly string[]])[];
    await redis.config('SET', 'slowlog-log-slower-than', '-1');
    return rows
      .map(([, second, us, words]) => ({ words, tookMs: us / 1_000, ownMs: us / 1_000 - awayAbout(second) }))
      .toSorted((one, other) => other.tookMs - one.tookMs);
  };
}
