import { onTestFinished } from 'vitest';
import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import { createKafkaBus } from '../../../src/connectors/kafka/kafkaBus.ts';
import type { KafkaOptions } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { read, type Reading, type ReadingOptions } from '../../conformance/reading.ts';

/** Times short enough for tests. */
const times = { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000, heartbeatMs: 100, timeLimitMs: 5_000, metadataMaxAgeMs: 500 };

/** A bus with short times. Whoever makes it closes it. */
export function aKafkaBus(brokers: string, over: Partial<KafkaOptions> = {}): Bus {
  return createKafkaBus({ brokers: [brokers], clock: realClock, instance: 'a', ...times, ...over });
}

/** A bus with short times that ends with its test. */
export function testBus(brokers: string, over: Partial<KafkaOptions> = {}): Bus {
  const bus = aKafkaBus(brokers, over);
  onTestFinished(() => bus.close());
  return bus;
}

/** A subscription that ends with its test, in a group named as its topic: groups are the broker's, not the topic's. */
export function readTopic(bus: Bus, topic: Topic, options?: ReadingOptions): Reading {
  return read(bus.subscribe(topic, { group: topic.name }), options);
}
