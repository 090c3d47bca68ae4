import type { Admin } from 'kafkajs';
import type { KafkaSettings } from './kafkaOptions.ts';
import type { AdminClient } from './adminClient.ts';
import type { HeldPartition } from './heldPartition.ts';

/** Where a group stands in a partition. */
interface Standing {
  readonly partition: number;
  /** The next offset that the group reads. */
  readonly next: bigint;
  /** The offset behind the newest message. */
  readonly end: bigint;
}

/** Asks the broker how far groups have come. */
export class GroupOffsets {
  readonly #admin: AdminClient;
  readonly #settings: KafkaSettings;

  constructor(admin: AdminClient, settings: KafkaSettings) {
    this.#admin = admin;
    this.#settings = settings;
  }

  /** Messages that no member of the group has been given; of those that other processes were given, which are not settled. */
  async waiting(topic: string, group: string, held: readonly HeldPartition[]): Promise<number> {
    const emittedTo = new Map(held.map((one) => [one.partition, one.emittedTo]));
    const standings = await this.#standings(topic, group);
    return Number(standings.reduce((sum, { partition, next, end }) => sum + end - (emittedTo.get(partition) ?? next), 0n));
  }

  /**
   * The time at which the oldest message was written that the group has not settled; undefined when all are settled. The broker tells
   * places of times and not times of places, so it is asked by halves: 41 questions, a few milliseconds each.
   */
  async oldestUnsettledAt(topic: string, group: string): Promise<Date | undefined> {
    const behind = (await this.#standings(topic, group)).filter(({ next, end }) => next < end);
    if (behind.length === 0) return undefined;
    const places = new Map(behind.map(({ partition, next }) => [partition, next]));
    let [low, high] = [0, this.#settings.clock.now().getTime() + yearMs];
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      // Some place that is not settled is at or behind the first message since then: so it was written at that time, or later.
      if (await this.#isAllUnsettledSince(topic, places, middle)) low = middle;
      else high = middle;
    }
    return new Date(low);
  }

  /** Whether, in each partition, the next message was written at a time or later. */
  async #isAllUnsettledSince(topic: string, places: ReadonlyMap<number, bigint>, timeMs: number): Promise<boolean> {
    const found = await this.#admin.use((admin) => admin.fetchTopicOffsetsByTimestamp(topic, timeMs));
    return found.every(({ partition, offset }) => {
      const place = places.get(partition);
      return place === undefined || BigInt(offset) <= place;
    });
  }

  async #standings(topic: string, group: string): Promise<readonly Standing[]> {
    const [ends, committed] = await this.#admin.use((admin) =>
      Promise.all([admin.fetchTopicOffsets(topic), committedOf(admin, topic, group)]),
    );
    return ends.map(({ partition, low, high }) => {
      const [first, next] = [BigInt(low), committed.get(partition) ?? -1n];
      return { partition, next: next < first ? first : next, end: BigInt(high) };
    });
  }
}

/** Far above whatever a broker's clock may say. */
const yearMs = 31_536_000_000;

async function committedOf(admin: Admin, topic: string, groupId: string): Promise<ReadonlyMap<number, bigint>> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return new Map(found?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
}
