import type { Topic } from '../../connectors/bus.ts';
import type { Queryable } from '../../connectors/database.ts';
import { refuseOversize } from '../../connectors/refuseOversize.ts';
import type { Outgoing } from '../../connectors/sink.ts';
import { WeirError } from '../../errors.ts';
import { tracedHeaders } from '../../tracing/tracedHeaders.ts';

/** The header that carries the id of an event: what consumers keep in their inbox. */
export const eventIdHeader = 'weir-event-id';

/** The channel on which relays are told that there is something; its payload is the schema of the outbox. */
export const outboxChannel = 'weir.outbox';

/** What is published once its transaction has committed. */
export interface OutboxMessage extends Outgoing {
  readonly topic: Topic;
  /** Of the event, the same however often it is published. */
  readonly id: string;
  /** Key of the message from which this one follows, where that is not its own: of a chunk, that message's trace is this one's. */
  readonly follows?: string;
  /** Calendar time: it is published then, behind what waits already. Default: at once. */
  readonly notBefore?: Date;
}

/** The outbox of a system: the table `outbox` in its schema, which `weir.provide_outbox` makes, with the `inbox` beside it. */
export interface OutboxSpec {
  readonly schema: string;
  /** Processes of this profile relay it. */
  readonly profile: string;
  /** What it may hold; they stand among the topics of the systems too. */
  readonly topics: readonly Topic[];
}

/** An outbox, as the stores of its system see it. */
export interface Outbox extends OutboxSpec {
  /**
   * Adds messages within the transaction that does what they tell of: they are published, at least once, if and only if it commits.
   * One statement for any number. Messages of a key are first published in the order in which they were inserted; of transactions
   * that write for one key at once, only when each has locked what the key stands for before it inserts. Those that have to wait for
   * their time are passed by later ones. A message that the broker would never take throws `oversize`, and fails the transaction.
   */
  insert(transaction: Queryable, messages: readonly OutboxMessage[]): Promise<void>;
}

/** Largest key and headers of a message together, in bytes: half of what brokers are given besides the value. */
const mostBesideBytes = 32_768;

/** An outbox as it is declared, one for each system that publishes what its transactions did. */
export function createOutbox(spec: OutboxSpec): Outbox {
  const { schema, topics } = spec;
  requireSchemaName(schema);
  const text = insertInto(schema);
  return {
    ...spec,
    async insert(transaction, messages): Promise<void> {
      if (messages.length === 0) return;
      for (const message of messages) refuse(message, topics);
      const values = [
        messages.map(({ topic }) => topic.name),
        messages.map(({ key }) => key),
        messages.map(headersOf),
        messages.map(({ value }) => value),
        messages.map(({ notBefore }) => notBefore ?? null),
        outboxChannel,
        schema,
      ];
      await transaction.execute({ text, values });
    },
  };
}

/** All its headers, its trace among them: the row carries it to whoever publishes it. */
function headersOf(message: OutboxMessage): string {
  const { topic, follows, id } = message;
  return JSON.stringify(Object.fromEntries([...tracedHeaders(topic.name, message, follows), [eventIdHeader, id]]));
}

/** Throws where a name would have to be quoted: it stands in the text of statements. */
export function requireSchemaName(schema: string): void {
  if (!/^[a-z][a-z0-9_]*$/.test(schema)) throw new TypeError(`${schema} is not a plain name of a schema`);
}

function refuse(message: OutboxMessage, topics: readonly Topic[]): void {
  const { topic, key, headers, id } = message;
  if (!topics.some(({ name }) => name === topic.name)) throw new TypeError(`the outbox has no topic ${topic.name}`);
  if (id === '') throw new TypeError(`a message for ${topic.name} has no id`);
  refuseOversize(topic, [message]);
  const besides = [key, id, ...[...(headers ?? [])].flat()].reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  if (besides > mostBesideBytes)
    throw new WeirError('oversize', `key and headers of ${besides} bytes are too large for ${topic.name}, which allows ${mostBesideBytes}`);
}

/** Rows get their ids in the order of the messages. The same notification is sent once a transaction, however often it is asked for. */
const insertInto = (schema: string): string => `
  WITH inserted AS (
    INSERT INTO ${schema}.outbox (topic, key, headers, value, not_before)
    SELECT topic, key, headers, value, coalesce(not_before, '-infinity')
    FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[], $5::timestamptz[]) WITH ORDINALITY
      AS message (topic, key, headers, value, not_before, place)
    ORDER BY place
  )
  SELECT pg_notify($6, $7)`;
