import type { Database } from '../../src/connectors/database.ts';

/** How many sessions of this database wait for a lock at this moment. */
export async function lockWaits(database: Database): Promise<number> {
  return (await database.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).length;
}
