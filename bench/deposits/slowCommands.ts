import type { Redis } from 'ioredis';
import { processIdOf, watchProcessorsAway } from '../load/processorsAway.ts';

/** How long one command may hold up everybody else, in milliseconds. */
const limitMs = 10;

/** Commands that took longer by the clock. */
export interface SlowCommands {
  /** A sentence for each that held Redis up for longer than the limit. */
  readonly blocking: readonly string[];
  /** How many others there were: Redis had no processor for as long about that moment as they were over the limit. */
  readonly heldUp: number;
}

/** Begins to watch for commands that block Redis. The returned function tells them. The slow log tells wall-clock time. */
export async function watchSlowCommands(redis: Redis): Promise<() => Promise<SlowCommands>> {
  await redis.config('SET', 'slowlog-log-slower-than', String(limitMs * 1_000));
  await redis.slowlog('RESET');
  const watched = new AbortController();
  const awayAbout = watchProcessorsAway(await processIdOf(redis), watched.signal);
  return async () => {
    watched.abort();
    const slow = (await redis.slowlog('GET', 128)) as readonly [number, number, number, readonly string[]][];
    const told = slow.map(([, second, us, words]) => ({ words, tookMs: us / 1_000, awayMs: awayAbout(second) }));
    const blocking = told.filter(({ tookMs, awayMs }) => tookMs - awayMs > limitMs);
    return { blocking: blocking.map(sentenceOf), heldUp: told.length - blocking.length };
  };
}

function sentenceOf({
  words,
  tookMs,
  awayMs,
}: {
  readonly words: readonly string[];
  readonly tookMs: number;
  readonly awayMs: number;
}): string {
  return `${words.slice(0, 3).join(' ').slice(0, 80)} (${tookMs} ms, without a processor for ${Math.round(awayMs)} ms of them)`;
}
