import type { Queryable } from '../../connectors/database.ts';
import { requireSchemaName } from './outbox.ts';

/** The inbox of a system: which events its consumers have had, in the table `inbox` of its schema. */
export interface Inbox {
  /**
   * The ids among these that the consumer has not had; from the commit of this transaction on it has had them, so do the effect in the
   * same one. An id that is given twice counts once. Waits for another transaction that is taking one of them: the id is new if that
   * one is rolled back. An event that comes again after `outbox.inboxKeepDays` is new.
   */
  newOf(transaction: Queryable, consumer: string, eventIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** The inbox of the system with this schema. */
export function createInbox(schema: string): Inbox {
  requireSchemaName(schema);
  return {
    async newOf(transaction, consumer, eventIds): Promise<ReadonlySet<string>> {
      if (eventIds.length === 0) return new Set();
      const rows = await transaction.query<{ event_id: string }>({ text: insertInto(schema), values: [consumer, eventIds] });
      return new Set(rows.map(({ event_id }) => event_id));
    },
  };
}

/** In the order of ids, so that two transactions never wait for each other. */
const insertInto = (schema: string): string => `
  INSERT INTO ${schema}.inbox (consumer, event_id)
  SELECT $1, event_id FROM (SELECT DISTINCT event_id FROM unnest($2::text[]) AS event_id) AS asked ORDER BY event_id
  ON CONFLICT DO NOTHING
  RETURNING event_id`;
