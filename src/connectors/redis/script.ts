import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { isReply } from './translateError.ts';

/** A Lua script, which Redis runs as one step that no other command comes between. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its hash, and by its text where Redis does not know it (any more). Bulk replies are Buffers. */
export async function runScript(
  client: Redis,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | Buffer)[],
): Promise<unknown> {
  try {
    return await client.callBuffer('EVALSHA', sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isReply(error, 'NOSCRIPT')) throw error;
    return client.callBuffer('EVAL', lua, keys.length, ...keys, ...args);
  }
}
