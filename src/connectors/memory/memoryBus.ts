import type { Bus, Topic } from '../bus.ts';
import { refuseOversize } from '../refuseOversize.ts';
import type { Sink } from '../sink.ts';
import type { Source } from '../source.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import { memoryDeadLetters } from './memoryDeadLetters.ts';
import { MemoryBusSource } from './memoryBusSource.ts';
import { MemoryStore } from './memoryStore.ts';

/** A bus in memory, whose dead letters can be looked at. */
export interface MemoryBus extends Bus {
  /** The dead letters of a topic, as they were written, in order. */
  deadLetters(topic: Topic): readonly DeadLetter[];
}

/**
 * A bus in memory with the behaviour of a real one: groups, partitions by key, redelivery of what was not settled, counts of
 * deliveries. A dead letter can also be read from the topic's dead-letter topic, as from a broker. Buses over one store are
 * processes over one broker.
 */
export function createMemoryBus(options: { readonly store?: MemoryStore } = {}): MemoryBus {
  const store = options.store ?? new MemoryStore();
  const sources: Source[] = [];
  return {
    subscribe(topic, { group }): Source {
      const source = new MemoryBusSource(store, topic, group);
      sources.push(source);
      return source;
    },
    publish: (topic): Sink => ({
      async write(messages): Promise<void> {
        refuseOversize(topic, messages);
        await Promise.resolve();
        store.append(topic, messages);
      },
      close: () => Promise.resolve(),
    }),
    async provide(topics): Promise<void> {
      for (const topic of topics) store.topic(topic);
      await Promise.resolve();
    },
    // Topics in memory come into being with their first use.
    check: () => Promise.resolve(),
    // Messages in memory bear no time.
    oldestUnsettledAt: (topic, { group }) =>
      Promise.resolve(store.group(topic, group).some((partition) => partition.unsettled > 0) ? new Date(0) : undefined),
    reach: () => Promise.resolve(),
    deadLettersOf: (topic) => memoryDeadLetters(store.topic(topic).deadLetters),
    deadLetters: (topic) => store.topic(topic).deadLetters,
    async close(): Promise<void> {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}
