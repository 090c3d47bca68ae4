import type { Bus } from '../../connectors/bus.ts';
import type { Database } from '../../connectors/database.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../message/clock.ts';
import { outboxChannel, requireSchemaName, type OutboxSpec } from './outbox.ts';
import { Relay } from './relay.ts';

/** Where relays are measured. */
export interface RelayMeter {
  published(outbox: string, topic: string, count: number): void;
  /** A try that is made again. By 0, its series is there from then on. */
  failed(outbox: string, topic: string, count: number): void;
}

export interface RelaysSpec {
  readonly database: Database;
  readonly bus: Pick<Bus, 'publish' | 'reach'>;
  readonly outboxes: readonly OutboxSpec[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: RelayMeter;
  /** How often an outbox is looked at that nobody told of, in milliseconds of elapsed time. */
  readonly pollMs: number;
  readonly draining: AbortSignal;
}

/**
 * Publishes what stands in outboxes, and deletes it once the broker has it; a relay for each topic, so that one that cannot be written
 * holds up no other. Any number of processes share the work, and messages of a key are first published in their order whoever does it;
 * a crash repeats them and loses none. While the broker or the database is away the rows stay. Being told of new rows saves the wait;
 * what is not told is found by looking. Memory: a chunk for each topic. Resolves once it is drained.
 */
export async function runRelays(spec: RelaysSpec): Promise<void> {
  for (const { schema } of spec.outboxes) requireSchemaName(schema);
  const relays = spec.outboxes.flatMap(({ schema, topics }) => topics.map((topic) => new Relay(schema, topic, spec)));
  if (relays.length === 0) return;
  const wake = (schema: string): void => {
    for (const relay of relays) if (schema === '' || schema === relay.schema) relay.wake();
  };
  const stopListening = spec.database.listen(outboxChannel, wake);
  try {
    await Promise.all(relays.map((relay) => relay.run()));
  } finally {
    stopListening();
  }
}
