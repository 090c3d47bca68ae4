import { describe, expect, test } from 'vitest';
import { aTopic } from '../../conformance/busHarness.ts';
import { sharedKafka } from '../../support/services.ts';
import { readTopic, testBus } from './aKafkaBus.ts';

const brokers = sharedKafka() ?? '';

/** Keys and what the Java client makes of them: values of the test of `Utils.murmur2` in Kafka. */
const murmur2: Readonly<Record<string, number>> = {
  '21': -973_932_308,
  foobar: -790_332_482,
  'a-little-bit-long-string': -985_981_536,
  'a-little-bit-longer-string': -1_486_304_829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58_897_971,
  abc: 479_470_107,
};

describe.skipIf(brokers === '')('a producer', () => {
  test.for([7, 12])('puts keys into the partition of %i that the Java client puts them into', async (partitions) => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus, { partitions });
    const keys = Object.keys(murmur2);
    await bus.publish(topic).write(keys.map((key) => ({ key, value: Buffer.from('x') })));
    const reading = readTopic(bus, topic, { settleAs: 'done' });
    await reading.count(keys.length);
    const found = Object.fromEntries(reading.deliveries.map(({ key, partition }) => [key, partition]));
    const expected = Object.entries(murmur2).map(([key, hash]) => [key, `${topic.name}/${(hash & 0x7fffffff) % partitions}`]);
    expect(found).toEqual(Object.fromEntries(expected));
  });
});
