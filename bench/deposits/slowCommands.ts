import type { Redis } from 'ioredis';

/** How long one command may hold up everybody else, in milliseconds. */
const limitMs = 10;

/** Begins to watch for commands that block Redis. The returned function tells them. */
export async function watchSlowCommands(redis: Redis): Promise<() => Promise<readonly string[]>> {
  await redis.config('SET', 'slowlog-log-slower-than', String(limitMs * 1_000));
  await redis.slowlog('RESET');
  return async () => {
    const slow = (await redis.slowlog('GET', 128)) as readonly [number, number, number, readonly string[]][];
    return slow.map(([, , micros, words]) => `${words.slice(0, 3).join(' ').slice(0, 80)} (${micros / 1_000} ms)`);
  };
}
