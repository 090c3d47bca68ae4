import type { Database } from '../../src/connectors/database.ts';
import { outboxTopic } from './rival.ts';

/** Brings a table of the shop to so many waiting messages, of 10,000 keys: the same in each. */
export async function fillOutbox(database: Database, table: 'outbox' | 'textbook', count: number): Promise<void> {
  await database.execute(`TRUNCATE shop.${table}`);
  await database.execute({
    text: `
      INSERT INTO shop.${table} (topic, key, headers, value)
      SELECT $1, 'order ' || n % 10000, jsonb_build_object('weir-event-id', n::text), convert_to(repeat('x', 300), 'UTF8')
      FROM generate_series(1, $2::integer) AS n`,
    values: [outboxTopic.name, count],
  });
  await database.execute(`VACUUM ANALYZE shop.${table}`);
}
