import type { DeadLetterReader } from './deadLetterReader.ts';
import type { Sink } from './sink.ts';
import type { Source } from './source.ts';

/** A named stream of messages that several programs know; how it is spread and where its dead letters go. */
export interface Topic {
  readonly name: string;
  /** Where messages that cannot be processed are put aside. */
  readonly deadLetters: string;
  /** Partitions of a broker that has them; per-key order holds within one. */
  readonly partitions: number;
  /** Largest value that is accepted, in bytes; a larger one is refused by the sink and dead-lettered by the source. */
  readonly maxSizeBytes: number;
  /**
   * How long messages are kept at least that every group has settled, in milliseconds, where the bus removes them; absent: as it
   * does by itself. Dead letters that a pipeline reads are kept for whoever replays them.
   */
  readonly retainMs?: number;
  /** Whether programs outside know it as a Redis stream: then it is one, whatever the bus is. */
  readonly isOnRedis?: true;
}

/**
 * The bus: pipelines name topics, not brokers. Delivery is at least once; order holds per key within a partition (a broker
 * with partitions) or within one reader (a stream).
 */
export interface Bus {
  /**
   * Reads a topic as a member of a group: the members share its messages. `readers` read at once, each with a connection of its
   * own, where a broker shares a stream entry by entry; a broker with partitions ignores it.
   */
  subscribe(topic: Topic, options: { readonly group: string; readonly readers?: number }): Source;
  /** `isReplay`: what is published was read before, and has the headers that it had. */
  publish(topic: Topic, options?: { readonly isReplay?: boolean }): Sink;
  /** Reads what was put aside of a topic. */
  deadLettersOf(topic: Topic): DeadLetterReader;
  /** Makes topics and their dead-letter topics where they are missing. Repeatable. */
  provide(topics: readonly Topic[]): Promise<void>;
  /**
   * Throws `schemaMismatch`, with what to do, where a topic is missing or is not made as it is asked for, and `invalidOption` where
   * the broker lets nobody read with these options.
   */
  check(topics: readonly Topic[]): Promise<void>;
  /**
   * Not later than the time at which the oldest message was written that the group has not settled, in any process; undefined
   * when everything is settled. By the broker's own clock.
   */
  oldestUnsettledAt(topic: Topic, options: { readonly group: string }): Promise<Date | undefined>;
  /** Resolves when the broker answers within the limit, in milliseconds. Rejects with a `WeirError` that says why it does not. */
  reach(limitMs: number): Promise<void>;
  close(): Promise<void>;
}
