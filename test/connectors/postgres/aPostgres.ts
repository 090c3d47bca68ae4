import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { DatabaseOptions } from '../../../src/connectors/postgres/databaseOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';

/** Opens a database for this test file; closed at its end. */
export function open(url: string, options: Partial<DatabaseOptions> = {}): PostgresDatabase {
  const database = openDatabase({ url, clock: realClock, ...options });
  atTheEnd(() => database.close());
  return database;
}

/** Puts a proxy in front of a database; returns the URL through it. */
export async function throughProxy(url: string): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const proxied = new URL(url);
  const proxy = await TcpProxy.start({ port: Number(proxied.port) });
  atTheEnd(() => proxy.close());
  proxied.port = String(proxy.port);
  return { proxy, url: proxied.href };
}

/** Kills every session with this application name; returns how many. */
export async function kill(by: PostgresDatabase, applicationName: string): Promise<number> {
  const text = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1';
  return (await by.query({ text, values: [applicationName] })).length;
}
