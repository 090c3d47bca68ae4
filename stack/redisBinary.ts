import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { debianPackage } from './debianPackage.ts';

const run = promisify(execFile);

/** The Redis server, and what its environment needs. */
export interface RedisBinary {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds a Redis server of version 7 or newer: the one in PATH, else the distribution's package with its libraries. Throws one
 * sentence where neither is to be had.
 */
export async function redisBinary(): Promise<RedisBinary> {
  const inPath = { command: 'redis-server', env: process.env };
  if (await isUsable(inPath)) return inPath;
  const home = await debianPackage('redis-server', { title: 'Redis 7 or newer', withDependencies: true });
  const unpacked = { command: join(home, 'usr/bin/redis-server'), env: { ...process.env, LD_LIBRARY_PATH: librariesIn(home) } };
  if (await isUsable(unpacked)) return unpacked;
  throw new Error(`Redis 7 or newer is needed: there is none in PATH, and the one in ${home} does not run.`);
}

async function isUsable({ command, env }: RedisBinary): Promise<boolean> {
  try {
    const { stdout } = await run(command, ['--version'], { env });
    return Number(/ v=(\d+)/.exec(stdout)?.[1] ?? 0) >= 7;
  } catch {
    return false;
  }
}

function librariesIn(home: string): string {
  return readdirSync(join(home, 'usr/lib'))
    .filter((name) => name.includes('-linux-'))
    .map((name) => join(home, 'usr/lib', name))
    .join(delimiter);
}
