import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { temporaryFolder } from './folders.ts';
import { freePort } from './freePort.ts';
import { postgresBinaries } from './postgresBinaries.ts';
import { postgresTemplate } from './postgresTemplate.ts';
import { Service } from './service.ts';

export interface PostgresOptions {
  /** Where its data is kept; initialised when it is empty or missing. Without it the data goes with `close`. */
  readonly dataDir?: string;
  readonly port?: number;
  /** Whether what was committed survives a crash of the machine. Default true; false is faster, for tests that crash nothing. */
  readonly isDurable?: boolean;
  /** Further settings, as `name=value`. */
  readonly settings?: readonly string[];
}

/**
 * Starts PostgreSQL 18 on 127.0.0.1 and resolves when it answers. Its URL names the database `postgres` and a superuser with a
 * password that only this user of the machine can read.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Service> {
  const folder = temporaryFolder('postgres');
  const { initdb, postgres, version, uid } = postgresBinaries(folder);
  if (uid !== undefined) chownSync(folder, uid, uid);
  const dataDir = options.dataDir ?? join(folder, 'data');
  if (!existsSync(join(dataDir, 'PG_VERSION'))) {
    const template = await postgresTemplate({ initdb, version, uid, folder });
    mkdirSync(dataDir, { recursive: true });
    await promisify(execFile)('cp', ['-a', `${template}/.`, dataDir]);
    chmodSync(dataDir, 0o700);
  }
  const password = readFileSync(join(dataDir, 'weir.password'), 'utf8').trim();
  const port = options.port ?? (await freePort());
  const url = `postgres://weir:${password}@127.0.0.1:${port}/postgres`;
  return Service.started({
    name: 'postgres',
    url,
    port,
    command: postgres,
    args: ['-D', dataDir, '-p', String(port), ...settingsOf(options).flatMap((setting) => ['-c', setting])],
    ...(uid !== undefined && { uid }),
    folder,
    // A fast shutdown: clients are cut, a checkpoint is written.
    endSignal: 'SIGINT',
    ask: () => ask(url),
  });
}

function settingsOf({ isDurable = true, settings = [] }: PostgresOptions): readonly string[] {
  const megabyte = 2 ** 20;
  const sharedMegabytes = Math.round(Math.min(Math.max(totalmem() / 16 / megabyte, 128), 1024));
  return [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    'log_timezone=UTC',
    'max_connections=400',
    `shared_buffers=${sharedMegabytes}MB`,
    'max_wal_size=4GB',
    // Months of partitions are touched in one transaction.
    'max_locks_per_transaction=256',
    ...(isDurable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
    ...settings,
  ];
}

async function ask(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}
