import type { Database } from '../../src/connectors/database.ts';
import type { Sink } from '../../src/connectors/sink.ts';
import { fillOutbox } from './fillOutbox.ts';
import type { Rival } from './rival.ts';

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

/** The poller of textbooks. It is so much slower that a part of the work tells its rate. */
export const plainPoller: Rival = {
  share: 0.1,
  makeTables: async (database) => {
    await database.execute(`
      CREATE TABLE shop.textbook (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, key text NOT NULL, headers jsonb NOT NULL,
        value bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(), published_at timestamptz
      )`);
    await database.execute('CREATE INDEX textbook_unpublished ON shop.textbook (id) WHERE published_at IS NULL');
  },
  fill: (database, count) => fillOutbox(database, 'textbook', count),
  publish: (database, _url, sink) => pollPlainly(database, sink),
  waiting: 'SELECT count(*) AS waiting FROM shop.textbook WHERE published_at IS NULL',
};

/** Reads a page of what is not published, and publishes and marks one message after the other, until there is none. */
async function pollPlainly(database: Database, sink: Sink): Promise<void> {
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
