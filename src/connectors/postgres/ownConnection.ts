import pg from 'pg';
import type { Clock } from '../../message/clock.ts';
import { Connection } from './connection.ts';
import { pause } from './pause.ts';
import { connectionLost } from './translateError.ts';

/** A connection outside the pool, with its client. */
export interface OwnConnection {
  readonly client: pg.Client;
  readonly connection: Connection;
  /** Says goodbye, and cuts the connection when the server does not take notice within a second. */
  readonly end: () => Promise<void>;
}

/** Opens a connection of one's own: for what keeps state in its session or must not wait for the pool. */
export async function openOwnConnection(config: pg.ClientConfig, clock: Clock): Promise<OwnConnection> {
  const client = new pg.Client(config);
  const connection = new Connection(client, clock);
  try {
    await client.connect();
  } catch (error) {
    connection.destroy();
    throw connectionLost(error);
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
