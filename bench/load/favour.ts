import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Redis } from 'ioredis';

/**
 * Has Redis hardly ever wait for a processor: its slow log tells wall-clock time, in which a command that waits for one looks like one that
 * blocks. By niceness, of itself and of its session among others, and not by a real-time class, which Linux holds back for 50 ms of a second
 * where other programs wait. Answers whether the system allowed it.
 */
export async function favour(redis: Redis): Promise<boolean> {
  const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
  const session = `/proc/${pid}/autogroup`;
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST);
    if (existsSync(session)) writeFileSync(session, String(constants.priority.PRIORITY_HIGHEST));
    return true;
  } catch {
    return false;
  }
}
