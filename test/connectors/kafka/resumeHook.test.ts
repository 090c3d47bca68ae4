import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import { expect, test } from 'vitest';
import { wakeWhenResumed } from '../../../src/connectors/kafka/resumeHook.ts';

const topic = 'bills';

/** A group of one broker with one partition that is paused; it waits for a minute, and its asking fails. */
function aPausedGroup(): ConsumerGroup {
  wakeWhenResumed();
  const paused = new Set([0]);
  return Object.assign(Object.create(ConsumerGroup.prototype) as ConsumerGroup, {
    maxWaitTime: 60_000,
    logger: { info: () => undefined },
    subscriptionState: {
      assigned: () => [{ topic, partitions: [0] }],
      isPaused: (_: string, partition: number) => paused.has(partition),
      resume: () => paused.clear(),
    },
    filterPartitionsByNode: (_: string, all: readonly object[]) => all,
    cluster: { refreshMetadataIfNecessary: () => Promise.reject(new Error('it asks')) },
  });
}

test('a partition that is resumed is asked for at once', async () => {
  const group = aPausedGroup();
  const asked = group.fetch('1');
  group.resume([{ topic, partitions: [0] }]);
  await expect(asked).rejects.toThrow('it asks');
});

test('while all partitions are paused nothing is asked for', async () => {
  const group = aPausedGroup();
  const first = await Promise.race([group.fetch('1').catch(() => 'asked'), new Promise((resolve) => setImmediate(resolve, 'waits'))]);
  expect(first).toBe('waits');
  group.resume([{ topic, partitions: [0] }]);
});
