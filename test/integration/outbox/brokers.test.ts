import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Bus } from '../../../src/connectors/bus.ts';
import { eventIdHeader } from '../../../src/runtime/outbox/outbox.ts';
import { aKafkaBus } from '../../connectors/kafka/aKafkaBus.ts';
import { aRedisBus } from '../../connectors/redisStream/aRedisBus.ts';
import { read } from '../../conformance/reading.ts';
import { aPrivateRedis, aRedis, sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { anOutbox, firsts, startRelay, type AnOutbox } from './anOutbox.ts';

const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`);
const values = Array.from({ length: 30 }, (_, index) => String(index));

async function insertAll(shop: AnOutbox): Promise<void> {
  for (const value of values)
    await shop.database.withTransaction((transaction) =>
      shop.outbox.insert(
        transaction,
        keys.map((key) => shop.message(key, value)),
      ),
    );
}

/** Two processes publish, and a third reads: each key in its order, with its ids. */
async function publishesInOrder(busOf: (instance: string) => Bus): Promise<void> {
  const shop = await anOutbox({ partitions: 3 });
  const buses = ['a', 'b', 'c'].map((instance) => busOf(instance));
  onTestFinished(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
  });
  const [reader, ...writers] = buses as [Bus, Bus, Bus];
  await reader.provide([shop.topic]);
  const relays = writers.map((bus) => startRelay(shop, bus));
  await insertAll(shop);
  const reading = read(reader.subscribe(shop.topic, { group: shop.topic.name, readers: 1 }), { settleAs: 'done' });
  // What came twice, since it was published or delivered again, is counted once.
  const came = (): readonly string[] => firsts(reading.deliveries.map(({ headers }) => headers.get(eventIdHeader) ?? ''));
  await until('all came', () => came().length === keys.length * values.length, { limitMs: 25_000 });
  await until('nothing is left', async () => (await shop.left()).length === 0);
  await Promise.all(relays.map((relay) => relay.stop()));
  for (const key of keys) {
    const own = reading.deliveries.filter((delivery) => delivery.key === key);
    expect(firsts(own.map(({ value }) => Buffer.from(value).toString()))).toEqual(values);
    expect(firsts(own.map(({ headers }) => headers.get(eventIdHeader) ?? ''))).toEqual(values.map((value) => `${key} ${value}`));
  }
}

describe('what two relays publish comes in order per key', () => {
  it('over Redis Streams', async () => {
    const url = await aRedis();
    await publishesInOrder((instance) => aRedisBus(url, { instance }));
  });

  it.skipIf(sharedKafka() === undefined)('over Kafka', async () => {
    await publishesInOrder((instance) => aKafkaBus(sharedKafka() ?? '', { instance }));
  });
});

it('while Redis is away messages wait, and are published once it is back', async () => {
  const shop = await anOutbox();
  const service = await aPrivateRedis();
  const bus = aRedisBus(service.url);
  onTestFinished(() => bus.close());
  const relay = startRelay(shop, bus);
  onTestFinished(() => relay.stop());
  await shop.insert('k', '1');
  await until('it is published', async () => (await shop.left()).length === 0);
  service.freeze();
  await shop.insert('k', '2', '3');
  await until('it has failed', () => relay.counts.failed > 1, { limitMs: 20_000 });
  expect(await shop.left()).toEqual(['2', '3']);
  service.thaw();
  await until('all is published', async () => (await shop.left()).length === 0, { limitMs: 20_000 });
  const client = new Redis(service.url);
  onTestFinished(() => client.disconnect());
  const entries = await client.xrange(shop.topic.name, '-', '+');
  const published = entries.map(([, fields]) => fields[fields.indexOf('value') + 1] ?? '');
  expect(firsts(published)).toEqual(['1', '2', '3']);
  await until('it is told', () => relay.lines.length > 1);
  expect(relay.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
}, 60_000);
