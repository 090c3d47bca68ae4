import type { Client, QueryResultRow } from 'pg';
import { eventIdHeader, type OutboxMessage } from '../../src/runtime/outbox/outbox.ts';

/** The one row that a prepared statement answers. */
export async function one<R extends QueryResultRow>(client: Client, name: string, text: string, values: readonly unknown[]): Promise<R> {
  const { rows } = await client.query<R>({ name, text, values: [...values] });
  const [row] = rows;
  if (row === undefined) throw new Error(`${name} found nothing.`);
  return row;
}

/** A row of the outbox, which wakes nobody. */
export async function insertMessage(client: Client, { topic, key, id, value }: OutboxMessage): Promise<void> {
  const values = [topic.name, key, { [eventIdHeader]: id }, value];
  await client.query({ name: 'insertMessage', text: insertRow, values });
}

const insertRow = 'INSERT INTO remittance.outbox (topic, key, headers, value) VALUES ($1, $2, $3, $4)';
