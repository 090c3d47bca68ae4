import { beforeAll, describe, expect, test } from 'vitest';
import type { WeirError } from '../../../src/errors.ts';
import { messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aRedis } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { deliveryCounts, testBus, testClient } from './aRedisBus.ts';

let url: string;
beforeAll(async () => {
  url = await aRedis();
});

describe('entries that are pending', () => {
  test('work that is alive is renewed: another process that looks for entries to claim gets none, and no delivery is counted', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    // Longer than a busy machine makes anybody wait.
    const idle = { idleLimitMs: 2_400 };
    const bus = testBus(url, idle);
    await publish(bus, topic, messages(1, 20));
    const holding = read(bus.subscribe(topic, { group: 'g' }));
    await holding.count(20);
    const other = read(testBus(url, { ...idle, instance: 'b' }).subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    // Each renewal is a third of the idle limit after the last: four of them outlast it.
    let [renewals, lastIdleMs] = [0, 0];
    await until('the entries were renewed four times', async () => {
      const [[, , idleMs]] = (await client.xpending(topic.name, 'g', '-', '+', 1)) as [[string, string, number]];
      if (idleMs < lastIdleMs) renewals += 1;
      lastIdleMs = idleMs;
      return renewals >= 4;
    });
    expect(other.deliveries).toEqual([]);
    expect(await deliveryCounts(client, topic)).toEqual(Array.from({ length: 20 }, () => 1));
    await holding.settle();
    expect(await deliveryCounts(client, topic)).toEqual([]);
  });

  test('restarts inside a process deliver from memory and count no delivery', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const bus = testBus(url);
    await publish(bus, topic, messages(1, 10));
    const source = bus.subscribe(topic, { group: 'g', readers: 2 });
    for (let time = 0; time < 5; time += 1) {
      const reading = read(source);
      await reading.count(10);
      expect(reading.deliveries.every(({ attempt }) => attempt === 1)).toBe(true);
      reading.unsubscribe();
    }
    expect(await deliveryCounts(client, topic)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  test('a restart while the answer of another reader is still on its way counts no delivery either', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const bus = testBus(url);
    for (let from = 0; from < 1_000; from += 100) {
      await publish(
        bus,
        topic,
        messages(from, from + 99).map(({ key }) => ({ key, value: Buffer.alloc(20_000) })),
      );
    }
    const source = bus.subscribe(topic, { group: 'g', readers: 2 });
    const first = read(source, { onDelivery: () => first.unsubscribe() });
    await first.count(1);
    const second = read(source);
    await second.count(1_000);
    expect(new Set(await deliveryCounts(client, topic))).toEqual(new Set([1]));
  });

  test('a process that starts again counts a delivery and tells the attempt', async () => {
    const topic = testTopic();
    for (const attempt of [1, 2, 3]) {
      const bus = testBus(url);
      if (attempt === 1) await publish(bus, topic, messages(1, 3));
      const reading = read(bus.subscribe(topic, { group: 'g' }));
      await reading.count(3);
      expect(reading.deliveries.map((delivery) => delivery.attempt)).toEqual([attempt, attempt, attempt]);
      reading.unsubscribe();
      await bus.close();
    }
  });

  test('entries whose answer was lost are found again by the same process', async () => {
    const topic = testTopic();
    const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
    const through = new URL(url);
    through.port = String(proxy.port);
    const bus = testBus(through.href);
    await publish(bus, topic, messages(1, 5));
    const struck = proxy.strike('XREADGROUP', 'cutAfter');
    const reading = read(bus.subscribe(topic, { group: 'g' }));
    await struck;
    await reading.count(5);
    expect(reading.deliveries.map(({ attempt }) => attempt)).toEqual([2, 2, 2, 2, 2]);
    reading.unsubscribe();
    await bus.close();
    await proxy.close();
  });

  test('an entry that a reader loses without noticing is found when it looks again', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const bus = testBus(url);
    const reading = read(bus.subscribe(topic, { group: 'g' }), { window: 1 });
    await publish(bus, topic, messages(1, 2));
    await reading.count(1);
    // The reader waits for room, while its second entry is delivered in its name to someone who forgets it.
    const stolen = await client.xreadgroup('GROUP', 'g', 'a-1', 'COUNT', 1, 'STREAMS', topic.name, '>');
    expect(stolen).not.toBeNull();
    await reading.settle();
    await reading.count(2);
    expect(reading.deliveries[1]).toMatchObject({ attempt: 2 });
  });

  test('what a process that hung comes back to and another has claimed is left to the other', async () => {
    const topic = testTopic();
    const bus = testBus(url);
    await publish(bus, topic, messages(1, 4));
    const source = bus.subscribe(topic, { group: 'g' });
    const first = read(source);
    await first.count(4);
    first.unsubscribe();
    const other = read(testBus(url, { instance: 'b' }).subscribe(topic, { group: 'g' }), { window: 4 });
    await other.count(4);
    const again = read(source);
    await publish(bus, topic, messages(5, 5));
    await again.count(1);
    expect(again.numbers).toEqual([5]);
    expect(other.numbers).toEqual([1, 2, 3, 4]);
  });

  test('finished work is acknowledged whoever owns it by then', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const bus = testBus(url);
    await publish(bus, topic, messages(1, 4));
    const source = bus.subscribe(topic, { group: 'g' });
    const first = read(source);
    await first.count(4);
    first.unsubscribe();
    const other = read(testBus(url, { instance: 'b' }).subscribe(topic, { group: 'g' }));
    await other.count(4);
    await first.settle();
    expect(await deliveryCounts(client, topic)).toEqual([]);
  });
});

describe('an entry over the delivery limit', () => {
  test('is delivered once with nothing else in flight, and then refused', async () => {
    const topic = testTopic();
    const limit = { deliveryLimit: 2 };
    const client = testClient(url);
    await publish(testBus(url), topic, messages(1, 5));
    const settled: (readonly number[])[] = [];
    // Each life reads all and dies; number 3 is never settled.
    for (let life = 1; life <= 2; life += 1) {
      const bus = testBus(url, limit);
      const reading = read(bus.subscribe(topic, { group: 'g' }));
      await reading.count(life === 1 ? 5 : 3);
      if (life === 1) await reading.settle(reading.deliveries.slice(0, 2));
      settled.push(reading.numbers);
      reading.unsubscribe();
      await bus.close();
    }
    expect(settled).toEqual([
      [1, 2, 3, 4, 5],
      [3, 4, 5],
    ]);
    await publish(testBus(url), topic, messages(6, 9));

    const third = testBus(url, limit);
    const mostInFlight = new Map<number, number>();
    const suspects = read(third.subscribe(topic, { group: 'g', readers: 2 }), {
      onDelivery: ({ value }) => mostInFlight.set(Number(value), suspects.inFlight.size),
    });
    await until('the first suspect came', () => suspects.numbers.includes(3));
    expect(suspects.deliveries.find(({ value }) => String(value) === '3')).toMatchObject({ attempt: 3 });
    const [suspect] = suspects.deliveries.filter(({ attempt }) => attempt === 3);
    // Whatever was read beside it had ended before: it is alone.
    expect(mostInFlight.get(3)).toBe(1);
    expect([...suspects.inFlight.values()]).toEqual([suspect]);
    suspects.unsubscribe();
    await third.close();

    const fourth = testBus(url, limit);
    const refused = read(fourth.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await until('all came', () => [3, 4, 5].every((number) => refused.numbers.includes(number)));
    const three = refused.deliveries.find(({ value }) => String(value) === '3');
    expect((three?.refusal as WeirError).code).toBe('deliveryLimit');
    expect(three?.attempt).toBe(4);
    expect(refused.deliveries.filter(({ value }) => ['4', '5'].includes(String(value))).every(({ refusal }) => refusal === undefined)).toBe(
      true,
    );
    await until('nothing is pending', async () => (await deliveryCounts(client, topic)).length === 0);
  });
});

describe('entries that another program wrote', () => {
  test('are refused with all that they say, and do not hold up good ones', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    await client.xadd(topic.name, '*', 'userId', '17', 'photo', Buffer.from([0xff, 0xfe]));
    await client.xadd(topic.name, '*', 'key', 'k', 'value', 'v', 'headers', '[1]');
    await client.xadd(topic.name, '*', 'key', 'k', 'value', 'v', 'headers', '{"a":1}');
    await client.xadd(topic.name, '*', 'value', 'good', 'extra', 'ignored');
    const reading = read(testBus(url).subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await reading.count(4);
    expect(reading.deliveries.map(({ refusal }) => refusal?.code)).toEqual(['undecodable', 'undecodable', 'undecodable', undefined]);
    expect(reading.values).toEqual(['["userId","17","photo",{"base64":"//4="}]', 'v', 'v', 'good']);
  });
});
