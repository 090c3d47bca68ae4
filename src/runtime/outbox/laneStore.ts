import type { Queryable, Transaction } from '../../connectors/database.ts';
import type { Outgoing } from '../../connectors/sink.ts';

/** One of the serial sequences of an outbox: the rows of a topic whose keys have one hash. */
export interface Lane {
  readonly schema: string;
  readonly topic: string;
  readonly number: number;
}

/** A row that waits to be published. */
interface OutboxRow extends Outgoing {
  readonly id: bigint;
}

/** What is published at once, and whether it is all that the lane holds. */
interface Chunk {
  readonly rows: readonly OutboxRow[];
  readonly isAll: boolean;
}

/** As many lanes as `weir.provide_outbox` makes. */
const laneCount = 8;

/** Rows of a chunk at most. */
const chunkSize = 1_000;

/** Bytes of a chunk's values at most; a row that is larger by itself goes alone. */
const chunkBytes = 4_194_304;

/** The lanes of a topic that hold rows whose time has come. */
export async function filledLanes(database: Queryable, schema: string, topic: string, now: Date): Promise<readonly Lane[]> {
  const rows = await database.query<{ number: number }>({
    text: `
      SELECT number FROM generate_series(0, $2::integer - 1) AS number
      WHERE EXISTS (SELECT FROM ${schema}.outbox WHERE topic = $1 AND lane = number AND not_before <= $3)`,
    values: [topic, laneCount, now],
  });
  return rows.map(({ number }) => ({ schema, topic, number }));
}

/** Whether this transaction is the only one at a lane, until it ends. */
export async function takeLane(transaction: Transaction, { schema, topic, number }: Lane): Promise<boolean> {
  const [row] = await transaction.query<{ taken: boolean }>({
    text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken',
    values: [`${schema}.outbox ${topic} ${number}`],
  });
  return row?.taken === true;
}

/**
 * The oldest rows of a lane, in their order, those that had to wait for their time last, and whether there are more. Rows whose
 * transactions have not committed are not there yet.
 */
export async function oldestRows(transaction: Transaction, { schema, topic, number }: Lane, now: Date): Promise<Chunk> {
  const rows = await transaction.query<OutboxTuple>({
    text: `
      SELECT id, key, headers, value, seen FROM (
        SELECT id, key, headers, value, not_before, count(*) OVER () AS seen, row_number() OVER oldest AS place,
          sum(octet_length(value)) OVER oldest AS bytes
        FROM (
          SELECT id, key, headers, value, not_before FROM ${schema}.outbox WHERE topic = $1 AND lane = $2 AND not_before <= $5
          ORDER BY not_before, id LIMIT $3::bigint + 1
        ) AS head
        WINDOW oldest AS (ORDER BY not_before, id ROWS UNBOUNDED PRECEDING)
      ) AS chunk
      WHERE place = 1 OR (place <= $3 AND bytes <= $4)
      ORDER BY not_before, id`,
    values: [topic, number, chunkSize, chunkBytes, now],
  });
  return { rows: rows.map(rowOf), isAll: BigInt(rows.length) === (rows[0]?.seen ?? 0n) };
}

/** Deletes what was published. */
export async function deleteRows(transaction: Transaction, { schema }: Lane, rows: readonly OutboxRow[]): Promise<void> {
  await transaction.execute({ text: `DELETE FROM ${schema}.outbox WHERE id = ANY ($1)`, values: [rows.map(({ id }) => id)] });
}

interface OutboxTuple {
  readonly id: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
  /** Rows that were looked at. */
  readonly seen: bigint;
}

function rowOf({ id, key, headers, value }: OutboxTuple): OutboxRow {
  return { id, key, value, headers: new Map(Object.entries(headers)) };
}
