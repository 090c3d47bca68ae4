import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Redis } from 'ioredis';
import { processIdOf } from './processorsAway.ts';

/**
 * Has Redis hardly ever wait for a processor, where the system allows it: its slow log tells wall-clock time, in which a command that waits for
 * one looks like one that blocks. By niceness, of itself and of its session among others, and not by a real-time class, which Linux holds
 * back for 50 ms of a second where other programs wait.
 */
export async function favour(redis: Redis): Promise<void> {
  const pid = await processIdOf(redis);
  const session = `/proc/${pid}/autogroup`;
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST);
    if (existsSync(session)) writeFileSync(session, String(constants.priority.PRIORITY_HIGHEST));
  } catch {
    // Not ours to decide: what it waits is taken off.
  }
}
