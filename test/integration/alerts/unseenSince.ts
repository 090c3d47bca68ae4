import type { Database } from '../../../src/connectors/database.ts';

/** Lets the ledger of fires tell that no process has seen a schedule since then, as after an outage. */
export async function unseenSince(database: Pick<Database, 'execute'>, schedule: string, since: Date): Promise<void> {
  const text = 'UPDATE weir.schedule SET first_seen_at = $2, handled_until = $2 WHERE name = $1';
  await database.execute({ text, values: [schedule, since] });
}
