import type { Topic } from '../../src/connectors/bus.ts';
import type { Database } from '../../src/connectors/database.ts';
import type { Sink } from '../../src/connectors/sink.ts';

/** The topic of all contestants. */
export const outboxTopic: Topic = { name: 'bench', deadLetters: 'bench.dlt', partitions: 1, maxSizeBytes: 1_048_576 };

/** Rows of a page that the poller reads. */
const pollCount = 100;

/** Rows of a page that nothing marks. */
const pageCount = 1_000;

interface Row {
  readonly id: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** The poller of textbooks: reads a page of what is not published, and publishes and marks one message after the other, until there is none. */
export async function pollPlainly(database: Database, sink: Sink): Promise<void> {
  for (;;) {
    const rows = await database.query<Row>({
      text: 'SELECT id, key, headers, value FROM shop.textbook WHERE published_at IS NULL ORDER BY id LIMIT $1',
      values: [pollCount],
    });
    if (rows.length === 0) return;
    for (const { id, key, headers, value } of rows) {
      await sink.write([{ key, value, headers: new Map(Object.entries(headers)) }]);
      await database.execute({ text: 'UPDATE shop.textbook SET published_at = clock_timestamp() WHERE id = $1', values: [id] });
    }
  }
}

/** Reads the outbox page by page and publishes it; marks and deletes nothing. */
export async function readPlainly(database: Database, sink: Sink): Promise<void> {
  for (let last = 0n; ;) {
    const rows = await database.query<Row>({
      text: 'SELECT id, key, headers, value FROM shop.outbox WHERE id > $1 ORDER BY id LIMIT $2',
      values: [last, pageCount],
    });
    await sink.write(rows.map(({ key, headers, value }) => ({ key, value, headers: new Map(Object.entries(headers)) })));
    const end = rows.at(-1);
    if (end === undefined) return;
    last = end.id;
  }
}
