import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';

/**
 * Has Redis never wait for a processor: its slow log tells wall-clock time, in which a command that waits for one looks like one that blocks.
 * Answers whether the system allowed it.
 */
export async function favour(redis: Redis): Promise<boolean> {
  const pid = /process_id:(\d+)/.exec(await redis.info('server'))?.[1] ?? '';
  return promisify(execFile)('chrt', ['--reset-on-fork', '--fifo', '--pid', '1', pid]).then(
    () => true,
    () => false,
  );
}
