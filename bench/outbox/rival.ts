import type { Topic } from '../../src/connectors/bus.ts';
import type { Database } from '../../src/connectors/database.ts';
import type { Sink } from '../../src/connectors/sink.ts';

/** The topic of all contestants. */
export const outboxTopic: Topic = { name: 'bench', deadLetters: 'bench.dlt', partitions: 1, maxSizeBytes: 1_048_576 };

/** Where the messages of a rival stand, and what publishes them. */
export interface Rival {
  /** Part of the messages that tells its rate, above 0, at most 1. */
  readonly share: number;
  /** Makes its tables, once, in an empty database. */
  readonly makeTables: (database: Database, url: string) => Promise<void>;
  /** Brings its tables to where so many messages wait: those of the outbox. */
  readonly fill: (database: Database, count: number) => Promise<void>;
  /** Publishes so many messages, one a call. */
  readonly publish: (database: Database, url: string, sink: Sink, count: number) => Promise<void>;
  /** Counts, as `waiting`, what is not published yet. */
  readonly waiting: string;
}
