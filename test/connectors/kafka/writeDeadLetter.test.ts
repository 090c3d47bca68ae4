import { CompressionTypes, ConfigResourceTypes, type Message } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { sizeOf } from '../../../src/connectors/kafka/record.ts';
import { letterBytes } from '../../../src/connectors/kafka/topicConfig.ts';
import { translateError } from '../../../src/connectors/kafka/translateError.ts';
import { writeDeadLetter } from '../../../src/connectors/kafka/writeDeadLetter.ts';
import { WeirError } from '../../../src/errors.ts';
import type { DeadLetter } from '../../../src/message/deadLetter.ts';
import { aDeadLetter, aTopic, testTopic } from '../../conformance/busHarness.ts';
import { sharedKafka } from '../../support/services.ts';
import { readTopic, testBus } from './aKafkaBus.ts';
import { plainAdmin, plainProducer } from './plainKafka.ts';

const topic = testTopic();

interface Written {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
}

/** Writes a dead letter to a topic that takes so many bytes; each try, the last of which was taken. */
async function tries(takenBytes: number, over: Partial<DeadLetter>): Promise<readonly Written[]> {
  const tried: Written[] = [];
  const send = async (_topic: string, [message]: Message[]): Promise<void> => {
    const { key, value, headers } = message as Pick<Written, 'key' | 'value' | 'headers'>;
    const sizeBytes = sizeOf({ key, value, headers: new Map(Object.entries(headers)) });
    tried.push({ key, value, headers, sizeBytes });
    await Promise.resolve();
    if (sizeBytes > takenBytes) throw translateError(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
  };
  await writeDeadLetter({ send }, topic, aDeadLetter({ partition: 't/3', position: '17', ...over }));
  return tried;
}

const cutFrom = (bytes: number): object => ({ 'weir-original-bytes': String(bytes), 'weir-partition': 't/3', 'weir-position': '17' });

describe('a dead letter', () => {
  test('that its topic takes is written whole, whatever its size, and says nothing of it', async () => {
    const [only, ...others] = await tries(20_000_000, { original: Buffer.alloc(15_000_000) });
    expect(others).toEqual([]);
    expect(only?.value.byteLength).toBe(15_000_000);
    expect(only?.headers).not.toHaveProperty('weir-original-bytes');
  });

  test('that its topic refuses as too large is cut to what the topic takes, and says how large it was and where', async () => {
    const original = Buffer.from(Array.from({ length: 5_000_000 }, (_, at) => at % 251));
    const tried = await tries(letterBytes(topic), { original, headers: new Map([['trace', 't-1']]) });
    const last = tried.at(-1) as Written;
    expect(tried.map(({ sizeBytes }) => sizeBytes <= letterBytes(topic))).toEqual([false, true]);
    expect(last.value.equals(original.subarray(0, last.value.byteLength))).toBe(true);
    expect(last.value.byteLength).toBeGreaterThan(1_048_576);
    expect(last.headers).toMatchObject({ trace: 't-1', ...cutFrom(5_000_000) });
    expect(last.key).toBe('k1');
  });

  test('whose topic was made smaller is cut until it is taken', async () => {
    const last = (await tries(10_000, { original: Buffer.alloc(1_000_000) })).at(-1) as Written;
    expect(last.sizeBytes).toBeLessThanOrEqual(10_000);
    expect(last.value.byteLength).toBeGreaterThan(4_000);
    expect(last.headers).toMatchObject(cutFrom(1_000_000));
  });

  test('that is larger than a request may be is cut at once', async () => {
    const tried = await tries(Infinity, { original: Buffer.alloc(70_000_000) });
    expect(tried).toHaveLength(1);
    expect(tried[0]?.sizeBytes).toBeLessThan(70_000_000);
    expect(tried[0]?.headers).toMatchObject(cutFrom(70_000_000));
  });

  test('whose own headers are too large goes without them, and one whose key is without that too', async () => {
    const headers = new Map([['large', 'x'.repeat(3_000_000)]]);
    const withoutHeaders = (await tries(letterBytes(topic), { headers, original: Buffer.from('abc') })).at(-1);
    expect(withoutHeaders).toMatchObject({ key: 'k1', value: Buffer.from('abc'), headers: cutFrom(3) });
    expect(withoutHeaders?.headers).not.toHaveProperty('large');
    const withoutKey = (await tries(letterBytes(topic), { headers, key: 'k'.repeat(3_000_000), original: Buffer.from('abc') })).at(-1);
    expect(withoutKey).toMatchObject({ key: '', headers: cutFrom(3) });
  });

  test('fails for whatever else its topic says, and where the topic takes nothing at all', async () => {
    const away = new WeirError('unavailable', 'away');
    await expect(writeDeadLetter({ send: () => Promise.reject(away) }, topic, aDeadLetter())).rejects.toBe(away);
    await expect(tries(0, { original: Buffer.alloc(1_000_000) })).rejects.toMatchObject({ code: 'refused' });
    await expect(tries(0, { text: 'x'.repeat(20_000) })).rejects.toMatchObject({ code: 'refused' });
  });
});

const brokers = sharedKafka() ?? '';

describe.skipIf(brokers === '')('a dead letter on Kafka', () => {
  test('of a value near the limit of its topic is kept whole, whatever its reason', async () => {
    const bus = testBus(brokers);
    const near = await aTopic(bus);
    const value = Buffer.alloc(1_114_112 - 200, 'x');
    const producer = await plainProducer(brokers);
    await producer.send({ topic: near.name, messages: [{ key: 'k', value }] });
    const reading = readTopic(bus, near);
    await reading.count(1);
    expect(reading.deliveries[0]?.refusal?.code).toBe('oversize');
    const source = bus.subscribe(near, { group: 'letters' });
    await source.deadLetter(aDeadLetter({ key: 'k', original: value, text: 'x'.repeat(60_000) }));
    const [letter] = await bus.deadLettersOf(near).page({ limit: 1 });
    expect([letter?.value.byteLength, letter?.originalBytes]).toEqual([value.byteLength, undefined]);
  });

  test.for([
    ['as weir migrate makes it', undefined],
    ['made smaller by hand', '20000'],
  ])('of a value that came in compressed is cut to what its topic takes, %s', async ([, mostBytes]) => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus);
    if (mostBytes !== undefined) await limit(topic.deadLetters, mostBytes);
    const producer = await plainProducer(brokers);
    const value = Buffer.alloc(5_000_000, 'x');
    await producer.send({ topic: topic.name, compression: CompressionTypes.GZIP, messages: [{ key: 'k', value }] });
    const reading = readTopic(bus, topic);
    await reading.count(1);
    const [delivery] = reading.deliveries;
    expect(delivery?.refusal?.code).toBe('oversize');
    const { partition = '', position = '', value: original = value } = delivery ?? {};
    await bus.subscribe(topic, { group: 'letters' }).deadLetter(aDeadLetter({ key: 'k', original, partition, position }));
    const [letter] = await bus.deadLettersOf(topic).page({ limit: 1 });
    expect(letter).toMatchObject({ key: 'k', originalBytes: 5_000_000, readFrom: `${topic.name}/0 0` });
    expect(letter?.value.byteLength).toBeGreaterThan(mostBytes === undefined ? 1_048_576 : 5_000);
    expect(letter?.value.byteLength).toBeLessThan(letterBytes(topic));
  });
});

/** Lowers what a topic takes. */
async function limit(name: string, mostBytes: string): Promise<void> {
  const admin = await plainAdmin(brokers);
  const configEntries = [{ name: 'max.message.bytes', value: mostBytes }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }] });
}
