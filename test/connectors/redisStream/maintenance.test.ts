import { beforeAll, describe, expect, test } from 'vitest';
import { aDeadLetter, messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { testBus, testClient } from './aRedisBus.ts';

let url: string;
beforeAll(async () => {
  url = await aRedis();
});

describe('trimming', () => {
  test('goes on by itself while messages are settled, and keeps what is held', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const bus = testBus(url, { trimEveryMs: 20, retainMs: 0 });
    await publish(bus, topic, messages(1, 5_000));
    const reading = read(bus.subscribe(topic, { group: 'g' }), { window: 10_000 });
    await reading.count(5_000);
    const held = reading.deliveries[2_000];
    await reading.settle(reading.deliveries.filter((delivery) => delivery !== held));
    await until('most of what is below was trimmed', async () => (await client.xlen(topic.name)) <= 3_100);
    const [first] = await client.xrange(topic.name, '-', '+', 'COUNT', 1);
    expect(reading.deliveries.findIndex(({ position }) => position === first?.[0])).toBeLessThanOrEqual(2_000);
    await reading.settle();
    await until('all but the last node was trimmed', async () => (await client.xlen(topic.name)) <= 100);
  });

  test('keeps what is younger than the time to retain', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const bus = testBus(url, { trimEveryMs: 20, retainMs: 60_000 });
    await client.xadd(topic.name, '1-1', 'value', 'of 1970');
    for (let number = 2; number < 300; number += 1) await client.xadd(topic.name, `1-${number}`, 'value', 'of 1970');
    await publish(bus, topic, messages(1, 300));
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await reading.count(599);
    await until('the old ones are trimmed', async () => (await client.xlen(topic.name)) < 500);
    expect(await client.xlen(topic.name)).toBeGreaterThanOrEqual(300);
  });

  test('keeps a topic for as long as the topic says, whatever the bus does with others', async () => {
    const [kept, other, client] = [{ ...testTopic(), retainMs: 3_600_000 }, testTopic(), testClient(url)];
    const bus = testBus(url, { trimEveryMs: 20, retainMs: 0 });
    for (const topic of [kept, other]) {
      await publish(bus, topic, messages(1, 1_000));
      await read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' }).count(1_000);
    }
    await until('the other is trimmed', async () => (await client.xlen(other.name)) <= 100);
    await publish(bus, other, messages(1_001, 2_000));
    await until('it is trimmed again', async () => (await client.xlen(other.name)) <= 100);
    expect(await client.xlen(kept.name)).toBe(1_000);
  });

  test('by another hand is told for entries that were pending, and does not stop the reader', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const trimmed: number[] = [];
    const report = { trimmed: (_stream: string, _group: string, count: number): void => void trimmed.push(count) };
    await publish(testBus(url), topic, messages(1, 10));
    await client.xgroup('CREATE', topic.name, 'g', '0');
    // Four of a dead process, three of this process's last life.
    await client.xreadgroup('GROUP', 'g', 'gone', 'COUNT', 4, 'STREAMS', topic.name, '>');
    await client.xreadgroup('GROUP', 'g', 'a-1', 'COUNT', 3, 'STREAMS', topic.name, '>');
    const [[seventh]] = (await client.xrange(topic.name, '-', '+', 'COUNT', 7)).slice(-1) as unknown as [[string]];
    await client.xtrim(topic.name, 'MINID', `(${seventh}`.slice(1));
    await client.xdel(topic.name, seventh);
    const reading = read(testBus(url, { report }).subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await until('all seven are told', () => trimmed.reduce((sum, count) => sum + count, 0) === 7);
    await reading.count(3);
    expect(reading.numbers).toEqual([8, 9, 10]);
    await until('nothing is pending', async () => ((await client.xpending(topic.name, 'g')) as unknown as [number])[0] === 0);
  });
});

describe('entries that another hand trims away unread', () => {
  test('are told, each once, whether the group has read on since or not, and lag is true again', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const trimmed: number[] = [];
    const report = { trimmed: (_stream: string, _group: string, count: number): void => void trimmed.push(count) };
    const [bus, other] = [testBus(url, { report, trimEveryMs: 20 }), testBus(url, { report, trimEveryMs: 20, instance: 'b' })];
    await publish(bus, topic, messages(1, 10));
    const source = bus.subscribe(topic, { group: 'g' });
    const reading = read(source, { window: 3 });
    await reading.count(3);
    read(other.subscribe(topic, { group: 'g' }), { window: 0 });
    await client.xtrim(topic.name, 'MAXLEN', 2);
    await until('five are told', () => trimmed.length > 0);
    reading.window = 100;
    reading.wake();
    await reading.count(5);
    expect(reading.numbers).toEqual([1, 2, 3, 9, 10]);
    await reading.settle();
    await until('nothing waits', async () => (await source.lag?.()) === 0);
    expect(trimmed).toEqual([5]);
  });

  test('are told when the reader was faster than the search', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const trimmed: number[] = [];
    const report = { trimmed: (_stream: string, _group: string, count: number): void => void trimmed.push(count) };
    const bus = testBus(url, { report, trimEveryMs: 300 });
    await publish(bus, topic, messages(1, 10));
    const reading = read(bus.subscribe(topic, { group: 'g' }), { window: 3 });
    await reading.count(3);
    await client.xtrim(topic.name, 'MAXLEN', 2);
    await reading.settle();
    await reading.count(5);
    await until('five are told', () => trimmed.length > 0);
    expect(trimmed).toEqual([5]);
  });
});

describe('consumers', () => {
  const names = async (client: ReturnType<typeof testClient>, stream: string): Promise<readonly string[]> => {
    const rows = (await client.xinfo('CONSUMERS', stream, 'g')) as string[][];
    return rows.map((row) => row[1] ?? '').toSorted();
  };

  test('are removed at the end unless they own entries', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const patient = { idleLimitMs: 60_000 };
    const [one, two] = [testBus(url, patient), testBus(url, { ...patient, instance: 'b' })];
    await publish(one, topic, messages(1, 2));
    const holding = read(one.subscribe(topic, { group: 'g' }), { window: 2 });
    await holding.count(2);
    const idle = read(two.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await publish(one, topic, messages(3, 3));
    await idle.count(1);
    expect(await names(client, topic.name)).toEqual(['a-1', 'b-1']);
    idle.unsubscribe();
    holding.unsubscribe();
    await two.close();
    await one.close();
    expect(await names(client, topic.name)).toEqual(['a-1']);
  });

  test('of processes that are gone are removed after a while, unless they own entries', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    await client.xgroup('CREATE', topic.name, 'g', '0', 'MKSTREAM');
    await client.xadd(topic.name, '*', 'value', 'v');
    for (const consumer of ['owner', 'gone']) await client.xreadgroup('GROUP', 'g', consumer, 'COUNT', 1, 'STREAMS', topic.name, '>');
    await client.xgroup('CREATECONSUMER', topic.name, 'g', 'gone');
    const bus = testBus(url, { staleConsumerMs: 500, trimEveryMs: 20, idleLimitMs: 60_000 });
    const reading = read(bus.subscribe(topic, { group: 'g' }));
    await publish(bus, topic, messages(1, 1));
    await reading.count(1);
    await until('the one is removed', async () => !(await names(client, topic.name)).includes('gone'));
    expect(await names(client, topic.name)).toEqual(['a-1', 'owner']);
  });
});

describe('dead letters', () => {
  test('that are written again after a lost answer or a restart are there once', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    await testBus(url)
      .subscribe(topic, { group: 'g' })
      .deadLetter(aDeadLetter({ partition: `${topic.name}/1` }));
    await testBus(url)
      .subscribe(topic, { group: 'g' })
      .deadLetter(aDeadLetter({ partition: `${topic.name}/2` }));
    await testBus(url)
      .subscribe(topic, { group: 'g' })
      .deadLetter(aDeadLetter({ partition: `${topic.name}/1`, position: '5-2' }));
    expect(await client.xlen(topic.deadLetters)).toBe(2);
  });
});
