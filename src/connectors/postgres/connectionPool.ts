import pg from 'pg';
import { WeirError } from '../../errors.ts';
import { pause } from '../../message/pause.ts';
import { clientConfig } from './clientConfig.ts';
import { connectFailure } from './connectFailure.ts';
import { Connection } from './connection.ts';
import type { DatabaseSettings } from './databaseOptions.ts';
import { connectionLost } from './translateError.ts';

/** A bounded set of connections that are lent to one user at a time. */
export interface ConnectionPool {
  /** Lends a connection to `use`, and takes it back however that ends; one that is not sound is ended instead of lent again. */
  lend<T>(use: (connection: Connection) => Promise<T>): Promise<T>;
  /** Lends no more, waits for those that are lent, and ends every connection; cuts what is left after `closeLimitMs`. */
  close(): Promise<void>;
}

/** Opens the pool; connections are made when they are needed and ended after ten idle seconds. */
export function openPool(settings: DatabaseSettings): ConnectionPool {
  const config = clientConfig(settings);
  const pool = new pg.Pool({ ...config, max: settings.maxConnections });
  const open = new Map<pg.PoolClient, Connection>();
  pool.on('connect', (client) => open.set(client, new Connection(client, settings.clock)));
  pool.on('remove', (client) => open.delete(client));
  pool.on('error', (error) => settings.onConnectionLost(connectionLost(error)));

  return {
    lend: async (use) => {
      if (pool.ending) throw new WeirError('cancelled', 'The database was closed.');
      const client = await pool.connect().catch((error: unknown) => {
        throw connectFailure(error, new pg.Client(config), settings.origin);
      });
      const connection = open.get(client) as Connection;
      try {
        return await use(connection);
      } finally {
        client.release(!connection.isSound);
      }
    },
    close: async () => {
      if (pool.ending) return;
      const ended = new AbortController();
      void pool.end().then(() => ended.abort());
      await pause(settings.clock, settings.closeLimitMs, ended.signal);
      for (const connection of open.values()) connection.destroy();
    },
  };
}
