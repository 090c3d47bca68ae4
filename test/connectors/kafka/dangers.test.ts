import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import kafkajs, { CompressionTypes, type Consumer, type Producer } from 'kafkajs';
import { beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../../stack/freePort.ts';
import { aMessage, aTopic, messages, publish } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { readTopic, testBus } from './aKafkaBus.ts';
import { lz4, snappy, withCodecs } from './otherCodecs.ts';
import { committed, logOf, plainAdmin, plainConsumer, plainProducer } from './plainKafka.ts';

const brokers = sharedKafka() ?? '';

describe.skipIf(brokers === '')('an answer that is lost after the messages were written', () => {
  /** A broker that clients reach through the proxy alone. */
  let direct: string;
  let proxy: TcpProxy;
  let proxied: string;
  beforeAll(async () => {
    const port = await freePort();
    proxy = await TcpProxy.start({ port });
    proxied = `127.0.0.1:${proxy.port}`;
    await aPrivateKafka({ port, settings: [`advertised.listeners=CLIENTS://${proxied}`] });
    direct = `127.0.0.1:${port}`;
    return () => proxy.close();
  });

  test('makes an idempotent producer of kafkajs lose the next message, which it acknowledges', async () => {
    const topic = await aTopic(testBus(direct));
    const producer = await plainProducer(proxied, { idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } });
    await send(producer, topic.name, '0');
    const struck = [proxy.strike('message-A', 'cutAfter'), proxy.strike('message-A', 'cutAfter')];
    await expect(send(producer, topic.name, 'message-A')).rejects.toThrow();
    await Promise.all(struck);
    await send(producer, topic.name, 'message-B');
    await send(producer, topic.name, 'message-C');
    expect(await logOf(direct, topic.name)).toEqual(['0', 'message-A', 'message-C']);
  });

  test('makes ours lose nothing, keep the order, and write again only what was not acknowledged', async () => {
    const bus = testBus(proxied);
    const topic = await aTopic(bus);
    const sink = bus.publish(topic);
    await sink.write([text('0')]);
    // As often as the client tries by itself.
    const struck = Array.from({ length: 5 }, () => proxy.strike('message-A', 'cutAfter'));
    // Given at once: the lane sends one after another.
    const written = await Promise.allSettled(['message-A', 'message-B', 'message-C'].map((value) => sink.write([text(value)])));
    await Promise.all(struck);
    expect(written.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    const log = await logOf(direct, topic.name);
    expect([...new Set(log)]).toEqual(['0', 'message-A', 'message-B', 'message-C']);
    expect(log.filter((value) => value !== 'message-A')).toEqual(['0', 'message-B', 'message-C']);
  });
});

describe.skipIf(brokers === '')('a commit for a partition that another holds', () => {
  test('is taken by the broker from a consumer of kafkajs, and makes the other skip or repeat', async () => {
    const topic = await aTopic(testBus(brokers), { partitions: 2 });
    const [admin, consumer] = [await plainAdmin(brokers), plainConsumer(brokers, { groupId: topic.name })];
    // Else each commits where it begins, also after our commit.
    const begin = [0, 1].map((partition) => ({ partition, offset: '0' }));
    await admin.setOffsets({ groupId: topic.name, topic: topic.name, partitions: begin });
    const one = await held(consumer, topic.name);
    const other = plainConsumer(brokers, { groupId: topic.name });
    const others = await held(other, topic.name);
    await until('they share the partitions', () => one.now.length === 1 && others.now.length === 1);
    const [theirs] = others.now;
    await consumer.commitOffsets([{ topic: topic.name, partition: theirs ?? -1, offset: '11' }]);
    expect((await committed(admin, topic.name))[theirs ?? -1]).toBe(11);
  });

  test('is not made by ours: what was read before the group turned is not committed after it', async () => {
    const times = { rebalanceTimeoutMs: 3_000 };
    const [first, second, admin] = [testBus(brokers, times), testBus(brokers, { instance: 'b', ...times }), await plainAdmin(brokers)];
    const topic = await aTopic(first, { partitions: 2 });
    await publish(first, topic, messages(0, 39, 20));
    const a = readTopic(first, topic);
    await a.count(40);
    const old = a.deliveries.slice();
    const b = readTopic(second, topic);
    await until('the second holds a partition', () => b.deliveries.length > 5);
    // The new holder has settled a part of it; the old one everything, too late.
    await b.settle(b.deliveries.slice(0, 5));
    const partition = Number(b.deliveries[0]?.partition.split('/')[1]);
    expect((await committed(admin, topic.name))[partition]).toBe(5);
    await a.settle(old);
    const after = await committed(admin, topic.name);
    expect([after[partition], after[1 - partition]]).toEqual([5, -1]);
  });
});

describe.skipIf(brokers === '')('a committed offset that the broker has no more', () => {
  test('makes a consumer of kafkajs skip what is there', async () => {
    const bus = testBus(brokers);
    const topic = await aTopicThatLostItsBeginning();
    const [admin, consumer] = [await plainAdmin(brokers), plainConsumer(brokers, { groupId: topic.name })];
    const values: string[] = [];
    let fetches = 0;
    consumer.on(consumer.events.FETCH, () => void (fetches += 1));
    await consumer.connect();
    await consumer.subscribe({ topics: [topic.name] });
    await consumer.run({
      eachMessage: ({ message }) => {
        values.push(String(message.value));
        return Promise.resolve();
      },
    });
    await until('it commits the end', async () => (await committed(admin, topic.name))[0] === -1);
    const before = fetches;
    await until('it reads there', () => fetches > before + 2);
    await publish(bus, topic, [aMessage(10)]);
    await until('it goes on', () => values.includes('10'));
    expect(values).toEqual(['10']);
  });

  test('makes ours read from the oldest that is there, and say so, and how many are lost', async () => {
    const removed: string[] = [];
    const report = { removed: (...told: readonly unknown[]) => void removed.push(told.join(' ')) };
    const bus = testBus(brokers, { report });
    const topic = await aTopicThatLostItsBeginning();
    const source = bus.subscribe(topic, { group: topic.name });
    const reading = read(source, { settleAs: 'done' });
    await publish(bus, topic, [aMessage(10)]);
    await until('it goes on', () => reading.numbers.includes(10));
    expect(source.status?.()?.removed).toBe(3);
    expect(reading.numbers).toEqual([8, 9, 10]);
    expect(removed).toEqual([`${topic.name}/0 ${topic.name} 3`]);
    await until('it is committed', async () => (await committed(await plainAdmin(brokers), topic.name))[0] === 11);
  });

  /** Ten messages, of which the first eight are removed; its group stands at the fifth. */
  async function aTopicThatLostItsBeginning(): ReturnType<typeof aTopic> {
    const [bus, admin] = [testBus(brokers), await plainAdmin(brokers)];
    const topic = await aTopic(bus);
    await publish(bus, topic, messages(0, 9));
    const reading = readTopic(bus, topic);
    await reading.count(10);
    await reading.settle(reading.deliveries.slice(0, 5));
    await bus.close();
    expect(await committed(admin, topic.name)).toEqual([5]);
    await admin.deleteTopicRecords({ topic: topic.name, partitions: [{ partition: 0, offset: '8' }] });
    return topic;
  }
});

describe.skipIf(brokers === '')('a batch of another producer', () => {
  test.for([
    ['snappy', CompressionTypes.Snappy, snappy],
    ['lz4', CompressionTypes.LZ4, lz4],
  ] as const)('compressed with %s ends a consumer of kafkajs for good', async ([, type, compress]) => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus);
    await writeCompressed(topic.name, type, compress, ['1']);
    const consumer = plainConsumer(brokers, { groupId: topic.name });
    const crash = Promise.withResolvers<boolean>();
    consumer.on(consumer.events.CRASH, ({ payload }) => crash.resolve(payload.restart));
    const isRestarted = await withCodecs({ [type]: kafkajsOwn[type] }, async () => {
      await held(consumer, topic.name);
      return crash.promise;
    });
    expect(isRestarted).toBe(false);
  });

  test.for([
    ['snappy', CompressionTypes.Snappy, snappy],
    ['lz4', CompressionTypes.LZ4, lz4],
  ] as const)('compressed with %s becomes dead letters that name it, and its neighbours come', async ([name, type, compress]) => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus);
    await publish(bus, topic, messages(0, 1));
    await writeCompressed(topic.name, type, compress, ['2', '3', '4']);
    await publish(bus, topic, messages(5, 6));
    const reading = readTopic(bus, topic, { settleAs: 'done' });
    await reading.count(7);
    const refusals = reading.deliveries.map(({ refusal }) => refusal?.message);
    const why = `its batch is compressed with ${name}; gzip, zstd or none were expected`;
    expect(refusals).toEqual([undefined, undefined, why, why, why, undefined, undefined]);
    expect(reading.deliveries.map(({ position }) => Number(position))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([0, 1, 5, 6].map((at) => reading.numbers[at])).toEqual([0, 1, 5, 6]);
    // All that there is of them is kept with the first.
    expect(Buffer.from(reading.deliveries[2]?.value ?? []).length).toBeGreaterThan(10);
  });

  test('compressed with gzip or zstd is read', async () => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus);
    await writeCompressed(topic.name, CompressionTypes.ZSTD, promisify(zstdCompress), ['0', '1']);
    const producer = await plainProducer(brokers);
    await producer.send({ topic: topic.name, compression: CompressionTypes.GZIP, messages: [{ value: '2' }, { value: '3' }] });
    const reading = readTopic(bus, topic, { settleAs: 'done' });
    await reading.count(4);
    expect(reading.numbers).toEqual([0, 1, 2, 3]);
    expect(reading.deliveries.every(({ refusal }) => refusal === undefined)).toBe(true);
  });
});

/** What kafkajs itself has for codecs that it has not; a bus replaces it, and none is made when this file is read. */
const kafkajsOwn = { ...kafkajs.CompressionCodecs };

async function writeCompressed(
  topic: string,
  type: CompressionTypes,
  compress: (raw: Buffer) => Promise<Buffer>,
  values: readonly string[],
): Promise<void> {
  const producer = await plainProducer(brokers);
  const codec = (): object => ({ compress: ({ buffer }: { readonly buffer: Buffer }) => compress(buffer) });
  await withCodecs({ [type]: codec }, () => producer.send({ topic, compression: type, messages: values.map((value) => ({ value })) }));
}

/** Lets a consumer of kafkajs join, and tells what it holds. */
async function held(consumer: Consumer, topic: string): Promise<{ readonly now: readonly number[] }> {
  const holds: { now: readonly number[] } = { now: [] };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => void (holds.now = payload.memberAssignment[topic] ?? []));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
  return holds;
}

async function send(producer: Producer, topic: string, value: string): Promise<void> {
  await producer.send({ topic, messages: [{ key: 'k', value }] });
}

function text(value: string): ReturnType<typeof aMessage> {
  return { key: 'k', value: Buffer.from(value) };
}
