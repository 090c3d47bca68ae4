import { beforeAll, expect, test } from 'vitest';
import { messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { testBus, testClient } from './aRedisBus.ts';

let url: string;
beforeAll(async () => {
  url = await aRedis();
});

test('what a reader claims from another of its process, which has not begun again since an outage, is delivered once', async () => {
  const [topic, client] = [testTopic(), testClient(url)];
  const bus = testBus(url);
  const source = bus.subscribe(topic, { group: 'g', readers: 2 });
  const pending = async (): Promise<readonly (readonly [string, string, number, number])[]> =>
    (await client.xpending(topic.name, 'g', '-', '+', 100)) as [string, string, number, number][];
  const first = read(source);
  // Each reader waits in turn.
  for (let number = 1; number <= 20; number += 1) {
    await publish(bus, topic, messages(number, number));
    await first.count(number);
  }
  first.unsubscribe();
  await until('nobody has renewed them for longer than the idle limit', async () =>
    (await pending()).every(([, , idleMs]) => idleMs > 600),
  );
  expect(new Set((await pending()).map(([, consumer]) => consumer))).toEqual(new Set(['a-1', 'a-2']));
  const { promise: isClaimed, resolve: hasClaimed } = Promise.withResolvers<undefined>();
  const second = read(source);
  const take: typeof second.take = second.take.bind(second);
  second.take = async (max, partition, signal) => {
    if (partition.endsWith('/1')) await isClaimed;
    return take(max, partition, signal);
  };
  await until('the other has claimed all', async () => (await pending()).every(([, consumer]) => consumer === 'a-2'));
  hasClaimed(undefined);
  await until('all came', () => new Set(second.numbers).size === 20);
  await second.settle();
  expect(second.numbers).toHaveLength(20);
  expect(await pending()).toEqual([]);
  expect(await source.lag?.()).toBe(0);
});
