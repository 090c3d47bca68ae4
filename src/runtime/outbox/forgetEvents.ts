import type { Database } from '../../connectors/database.ts';
import { requireSchemaName } from './outbox.ts';

/** Rows that one statement deletes at most: it takes milliseconds, and holds few locks. */
const mostRows = 1_000;

/**
 * Deletes from the inboxes of these schemas what came more than `keepDays` ago, by the database's clock. Small statements; stops when it
 * is drained. Any number of processes.
 */
export async function forgetEvents(database: Database, schemas: readonly string[], keepDays: number, draining: AbortSignal): Promise<void> {
  for (const schema of schemas) {
    requireSchemaName(schema);
    const statement = { text: deleteFrom(schema), values: [keepDays, mostRows] };
    while (!draining.aborted && (await database.execute(statement)) === mostRows);
  }
}

const deleteFrom = (schema: string): string => `
  DELETE FROM ${schema}.inbox WHERE (consumer, event_id) IN (
    SELECT consumer, event_id FROM ${schema}.inbox
    WHERE received_at < clock_timestamp() - $1 * interval '1 day'
    ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)`;
