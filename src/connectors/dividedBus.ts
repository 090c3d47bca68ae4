import type { Bus, Topic } from './bus.ts';

/**
 * A bus on two brokers: the streams that programs outside write to Redis, and everything else on the broker that was chosen. Each topic
 * has its dead letters where it is itself.
 */
export function dividedBus(chosen: Bus, redis: Bus): Bus {
  const busOf = ({ isOnRedis }: Topic): Bus => (isOnRedis === true ? redis : chosen);
  const both = async (topics: readonly Topic[], ask: (bus: Bus, its: readonly Topic[]) => Promise<void>): Promise<void> => {
    for (const bus of [chosen, redis]) {
      const its = topics.filter((topic) => busOf(topic) === bus);
      if (its.length > 0) await ask(bus, its);
    }
  };
  return {
    subscribe: (topic, options) => busOf(topic).subscribe(topic, options),
    publish: (topic) => busOf(topic).publish(topic),
    deadLettersOf: (topic) => busOf(topic).deadLettersOf(topic),
    provide: (topics) => both(topics, (bus, its) => bus.provide(its)),
    check: (topics) => both(topics, (bus, its) => bus.check(its)),
    oldestUnsettledAt: (topic, options) => busOf(topic).oldestUnsettledAt(topic, options),
    reach: (limitMs) => chosen.reach(limitMs),
    async close(): Promise<void> {
      await chosen.close();
      await redis.close();
    },
  };
}
