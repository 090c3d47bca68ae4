import pg from 'pg';
import { pause } from '../../message/pause.ts';
import { clientConfig } from './clientConfig.ts';
import { connectFailure } from './connectFailure.ts';
import { Connection } from './connection.ts';
import type { DatabaseSettings } from './databaseOptions.ts';

/** A connection outside the pool, with its client. */
export interface OwnConnection {
  readonly client: pg.Client;
  readonly connection: Connection;
  /** Says goodbye, and cuts the connection when the server does not take notice within a second. */
  readonly end: () => Promise<void>;
}

/** Opens a connection of one's own, `over` the usual settings: for what keeps state in its session or must not wait for the pool. */
export async function openOwnConnection(settings: DatabaseSettings, over: pg.ClientConfig = {}): Promise<OwnConnection> {
  const { clock } = settings;
  const client = new pg.Client({ ...clientConfig(settings), ...over });
  const connection = new Connection(client, clock);
  try {
    await client.connect();
  } catch (error) {
    connection.destroy();
    throw connectFailure(error, client, settings.origin);
  }
  return {
    client,
    connection,
    end: async () => {
      const ended = new AbortController();
      const goodbye = client.end().then(() => ended.abort());
      await Promise.race([goodbye, pause(clock, 1000, ended.signal)]);
      connection.destroy();
    },
  };
}
