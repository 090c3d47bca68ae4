import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { startPostgres } from '../../stack/postgres.ts';
import { aDatabase, aMigratedDatabase, aPrivatePostgres } from '../support/services.ts';
import { until } from '../support/until.ts';
import { closesWhole } from './closesWhole.ts';

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url, query_timeout: 3_000, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('startPostgres', () => {
  it('keeps what was committed over kill -9 and a restart on the same port', async () => {
    const server = await aPrivatePostgres();
    await ask(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const { port, pid } = server;
    await server.kill('SIGKILL');
    await expect(ask(server.url, 'SELECT 1')).rejects.toThrow();
    await server.start();
    expect(await ask(server.url, 'TABLE kept')).toEqual([42]);
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
  });

  it('is silent while frozen and answers again after the thaw', async () => {
    const server = await aPrivatePostgres();
    server.freeze();
    await expect(ask(server.url, 'SELECT 1')).rejects.toThrow(/timeout/);
    server.thaw();
    expect(await until('it answers', () => ask(server.url, 'SELECT 1'))).toEqual([1]);
  });

  it('runs in UTC, durably, for loopback alone, with room for 100 connections and more', async () => {
    const server = await aPrivatePostgres();
    const settings = ['timezone', 'fsync', 'listen_addresses', 'max_connections'].map((name) => `current_setting('${name}')`);
    expect(await ask(server.url, `SELECT ${settings.join()}`)).toEqual(['UTC', 'on', '127.0.0.1', '400']);
  });

  it('leaves no process and no folder after close', async () => {
    await closesWhole(await startPostgres());
  });

  it('says why when it cannot start', async () => {
    await expect(startPostgres({ settings: ['no_such_setting=1'] })).rejects.toThrow(/did not start[^]*no_such_setting/);
  });
});

describe('aDatabase', () => {
  it('gives each caller an empty database of its own', async () => {
    const [one, other] = [await aDatabase(), await aDatabase()];
    await ask(one, 'CREATE TABLE mine ()');
    expect(await ask(other, `SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'`)).toEqual([0]);
  });
});

describe('aMigratedDatabase', () => {
  it('gives several callers at once a database each with every table', async () => {
    const urls = await Promise.all([aMigratedDatabase(), aMigratedDatabase(), aMigratedDatabase()]);
    const counts = await Promise.all(urls.map((url) => ask(url, 'SELECT count(*) > 0 FROM weir.migrations')));
    expect(counts).toEqual([[true], [true], [true]]);
    expect(new Set(urls).size).toBe(3);
  });
});
