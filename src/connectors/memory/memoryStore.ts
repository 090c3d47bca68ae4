import type { Topic } from '../bus.ts';
import type { Outgoing } from '../sink.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import { PartitionGroup } from './partitionGroup.ts';

/** A topic in memory: an endless log for each partition, and where each group is in it. */
export interface StoredTopic {
  readonly partitions: readonly Outgoing[][];
  readonly groups: Map<string, readonly PartitionGroup[]>;
  readonly deadLetters: DeadLetter[];
}

/**
 * What outlives a memory bus: give the same store to another bus, and it is the same process started again, or another one.
 * Memory: everything that was ever published; made for tests and demonstrations.
 */
export class MemoryStore {
  readonly #topics = new Map<string, StoredTopic>();
  readonly #wakers = new Set<() => void>();

  topic({ name, partitions }: Pick<Topic, 'name' | 'partitions'>): StoredTopic {
    let stored = this.#topics.get(name);
    if (!stored) {
      stored = { partitions: Array.from({ length: partitions }, () => []), groups: new Map(), deadLetters: [] };
      this.#topics.set(name, stored);
    }
    return stored;
  }

  /** The state of a group in each partition of a topic. */
  group(topic: Topic, group: string): readonly PartitionGroup[] {
    const stored = this.topic(topic);
    let parts = stored.groups.get(group);
    if (!parts) {
      parts = stored.partitions.map((log, index) => new PartitionGroup(`${topic.name}/${index}`, log));
      stored.groups.set(group, parts);
    }
    return parts;
  }

  /** Appends messages; those of one key to one partition, in order. */
  append(topic: Topic, messages: readonly Outgoing[]): void {
    const { partitions } = this.topic(topic);
    for (const message of messages) partitions[hashOf(message.key) % partitions.length]?.push(message);
    this.wake();
  }

  /** Calls `waker` whenever something may have become readable. Returns a function that ends it. */
  onChange(waker: () => void): () => void {
    this.#wakers.add(waker);
    return () => this.#wakers.delete(waker);
  }

  wake(): void {
    for (const waker of [...this.#wakers]) waker();
  }
}

/** FNV-1a. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}
