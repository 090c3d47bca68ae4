import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { temporaryFolder } from './folders.ts';
import { freePort } from './freePort.ts';
import { redisBinary } from './redisBinary.ts';
import { Service } from './service.ts';

export interface RedisOptions {
  /** Where its data is kept. Without it the data goes with `close`. */
  readonly dir?: string;
  readonly port?: number;
  /** Whether it writes an append-only file, synced every second. Default true; false: a restart begins empty. */
  readonly isDurable?: boolean;
  /** Another Redis that it follows from its start, under the same password. */
  readonly replicaOf?: Service;
  /** Further lines of its configuration, such as `maxmemory 10mb`. */
  readonly settings?: readonly string[];
}

/**
 * Starts Redis on 127.0.0.1 and resolves when it answers. Its URL carries a password that only this user of the machine can
 * read. It has 4096 logical databases, so that each test file can have one.
 */
export async function startRedis(options: RedisOptions = {}): Promise<Service> {
  const { command, env } = await redisBinary();
  const folder = temporaryFolder('redis');
  const dir = options.dir ?? join(folder, 'data');
  mkdirSync(dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const password = options.replicaOf ? new URL(options.replicaOf.url).password : randomBytes(18).toString('base64url');
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const configuration = join(folder, 'redis.conf');
  const place = [`port ${port}`, `dir "${dir}"`, `requirepass ${password}`, `masterauth ${password}`, ''];
  writeFileSync(configuration, [...linesOf(options), ...place].join('\n'), { mode: 0o600 });
  return Service.started({
    name: 'redis',
    url,
    port,
    command,
    args: [configuration],
    env,
    folder,
    endSignal: 'SIGTERM',
    ask: () => ask(url),
  });
}

function linesOf({ isDurable = true, replicaOf, settings = [] }: RedisOptions): readonly string[] {
  const durability = isDurable ? ['appendonly yes', 'appendfsync everysec'] : ['appendonly no'];
  const following = replicaOf ? [`replicaof 127.0.0.1 ${replicaOf.port}`] : [];
  return ['bind 127.0.0.1', 'databases 4096', 'save ""', 'daemonize no', ...durability, ...following, ...settings];
}

async function ask(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, connectTimeout: 2_000, commandTimeout: 2_000, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
