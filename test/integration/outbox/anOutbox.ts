import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Outgoing } from '../../../src/connectors/sink.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { createOutbox, type Outbox, type OutboxMessage } from '../../../src/runtime/outbox/outbox.ts';
import { runRelays, type RelaysSpec } from '../../../src/runtime/outbox/runRelays.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { silent } from '../../support/aSpec.ts';
import { aMigratedDatabase } from '../../support/services.ts';
import { openPool } from '../jobs/copyJob.ts';

/** A system with an outbox of one topic in a database of its own. */
export interface AnOutbox {
  readonly url: string;
  readonly database: PostgresDatabase;
  readonly outbox: Outbox;
  readonly topic: Topic;
  /** Inserts messages of one key in a transaction of their own; their values are these texts. */
  insert(key: string, ...values: readonly string[]): Promise<void>;
  /** A message of this topic. */
  message(key: string, value: string): OutboxMessage;
  /** Values of the rows that are left, in the order of their ids. */
  left(): Promise<readonly string[]>;
}

export async function anOutbox(over: Partial<Topic> = {}): Promise<AnOutbox> {
  const url = await aMigratedDatabase();
  const database = openPool(url);
  await database.execute('CREATE SCHEMA shop');
  await database.query(`SELECT weir.provide_outbox('shop')`);
  const topic = testTopic(over);
  const outbox = createOutbox({ schema: 'shop', profile: 'test', topics: [topic] });
  const message = (key: string, value: string): OutboxMessage => ({ topic, key, value: Buffer.from(value), id: `${key} ${value.trim()}` });
  return {
    ...{ url, database, outbox, topic, message },
    insert: (key, ...values) =>
      database.withTransaction((transaction) =>
        outbox.insert(
          transaction,
          values.map((value) => message(key, value)),
        ),
      ),
    left: async () => {
      const rows = await database.query<{ value: Buffer }>('SELECT value FROM shop.outbox ORDER BY id');
      return rows.map(({ value }) => value.toString());
    },
  };
}

/** What was published, in the order in which a broker took it, and how it may fail. */
export interface ABroker {
  readonly bus: Pick<Bus, 'publish' | 'reach'>;
  readonly taken: Outgoing[];
  /** Values as texts: of one key, or of all. */
  values(key?: string): readonly string[];
  /** Called before a chunk is taken; what it throws refuses the chunk. */
  before: (chunk: readonly Outgoing[]) => Promise<void> | void;
  /** Called after a chunk was taken; what it throws is an answer that was lost. */
  after: (chunk: readonly Outgoing[]) => Promise<void> | void;
  /** What it answers whoever asks whether it is there. */
  reach: () => Promise<void>;
}

export function aBroker(): ABroker {
  const taken: Outgoing[] = [];
  const broker: ABroker = {
    taken,
    values: (key) => taken.filter((each) => key === undefined || each.key === key).map(({ value }) => Buffer.from(value).toString()),
    before: () => undefined,
    after: () => undefined,
    reach: () => Promise.resolve(),
    bus: {
      reach: () => broker.reach(),
      publish: () => ({
        write: async (chunk) => {
          await broker.before(chunk);
          taken.push(...chunk);
          await broker.after(chunk);
        },
        close: () => Promise.resolve(),
      }),
    },
  };
  return broker;
}

/** Each value once, in the order in which it came first. */
export function firsts(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

/** Relays of a process, until they are stopped. */
export interface ARelay {
  readonly lines: { readonly level: string; readonly sentence: string; readonly fields: LogFields | undefined }[];
  readonly counts: { published: number; failed: number };
  stop(): Promise<void>;
}

/** Starts the relays of a process of its own. It looks every 20 ms; `pollMs` says otherwise. */
export function startRelay(of: AnOutbox, bus: RelaysSpec['bus'], over: Partial<RelaysSpec> = {}): ARelay {
  const stopping = new AbortController();
  const lines: ARelay['lines'] = [];
  const say =
    (level: string) =>
    (sentence: string, fields?: LogFields): void =>
      void lines.push({ level, sentence, fields });
  const counts = { published: 0, failed: 0 };
  const done = runRelays({
    database: openPool(of.url),
    bus,
    outboxes: [of.outbox],
    // Chance is at its least: waits after a failure are a tenth of the longest.
    clock: { ...realClock, random: () => 0 },
    log: { ...silent, info: say('info'), warn: say('warn'), error: say('error') },
    meter: {
      published: (_outbox, _topic, count) => void (counts.published += count),
      failed: (_outbox, _topic, count) => void (counts.failed += count),
    },
    pollMs: 20,
    draining: stopping.signal,
    ...over,
  });
  return {
    ...{ lines, counts },
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}
