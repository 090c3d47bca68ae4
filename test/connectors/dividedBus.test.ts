import { expect, test } from 'vitest';
import type { Topic } from '../../src/connectors/bus.ts';
import { dividedBus } from '../../src/connectors/dividedBus.ts';
import { createMemoryBus } from '../../src/connectors/memory/memoryBus.ts';
import { MemoryStore } from '../../src/connectors/memory/memoryStore.ts';

const chosen: Topic = { name: 'chosen', deadLetters: 'chosen.dlt', partitions: 1, maxSizeBytes: 1_000 };
const stream: Topic = { ...chosen, name: 'stream', deadLetters: 'stream:dlt', isOnRedis: true };

test('each topic is read and written on its own broker, and asked for there alone', async () => {
  const stores = { chosen: new MemoryStore(), redis: new MemoryStore() };
  const buses = { chosen: createMemoryBus({ store: stores.chosen }), redis: createMemoryBus({ store: stores.redis }) };
  const asked: [string, readonly string[]][] = [];
  const noting = (name: 'chosen' | 'redis'): (typeof buses)['chosen'] => ({
    ...buses[name],
    provide: async (topics) => {
      asked.push([name, topics.map((topic) => topic.name)]);
      await buses[name].provide(topics);
    },
  });
  const bus = dividedBus(noting('chosen'), noting('redis'));
  await bus.provide([stream, chosen]);
  expect(asked).toEqual([
    ['chosen', ['chosen']],
    ['redis', ['stream']],
  ]);
  for (const topic of [stream, chosen]) await bus.publish(topic).write([{ key: 'k', value: Buffer.from(topic.name) }]);
  const unsettledIn = (name: 'chosen' | 'redis', topic: Topic): Promise<Date | undefined> =>
    buses[name].oldestUnsettledAt(topic, { group: 'g' });
  expect(await unsettledIn('redis', stream)).toBeDefined();
  expect(await unsettledIn('redis', chosen)).toBeUndefined();
  expect(await unsettledIn('chosen', chosen)).toBeDefined();
  expect(await unsettledIn('chosen', stream)).toBeUndefined();
  expect(await bus.oldestUnsettledAt(stream, { group: 'g' })).toEqual(await unsettledIn('redis', stream));
});
