import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

/** What ends the waits of groups whose partitions are all paused. */
const waits = new WeakMap<ConsumerGroup, Set<() => void>>();

let isInstalled = false;

/**
 * Has a partition that is resumed read at once. kafkajs 2.2.4 asks for nothing while all partitions of a broker are paused: it
 * sleeps for `maxWaitTime`, whatever is resumed meanwhile, so that a reader with a full read-ahead stands still for that time. Here it
 * waits as long, or until one is resumed, before it goes on to that.
 */
export function wakeWhenResumed(): void {
  if (isInstalled) return;
  isInstalled = true;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with their own `this` below
  const { fetch, resume } = ConsumerGroup.prototype;
  ConsumerGroup.prototype.fetch = async function (nodeId) {
    if (areAllPaused(this, nodeId)) await resumed(this);
    return fetch.call(this, nodeId);
  };
  ConsumerGroup.prototype.resume = function (topicPartitions): void {
    resume.call(this, topicPartitions);
    for (const wake of waits.get(this) ?? []) wake();
  };
}

/** Whether a broker leads assigned partitions and all of them are paused. */
function areAllPaused(group: ConsumerGroup, nodeId: string): boolean {
  try {
    const led = group.filterPartitionsByNode(nodeId, group.subscriptionState.assigned()).flatMap(({ topic, partitions }) => {
      return partitions.map((partition) => group.isPaused(topic, partition));
    });
    return led.length > 0 && led.every(Boolean);
  } catch {
    return false; // it does not know the leaders: its own fetch asks for them
  }
}

async function resumed(group: ConsumerGroup): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => resolve(undefined);
  const waiting = waits.get(group) ?? new Set();
  waits.set(group, waiting.add(wake));
  const timer = setTimeout(wake, group.maxWaitTime);
  await promise;
  clearTimeout(timer);
  waiting.delete(wake);
}
