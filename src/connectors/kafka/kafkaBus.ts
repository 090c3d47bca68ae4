import type { Bus, Topic } from '../bus.ts';
import { Outage } from '../outage.ts';
import type { Sink } from '../sink.ts';
import type { Source } from '../source.ts';
import { AdminClient } from './adminClient.ts';
import { checkSessionTimeout } from './checkSessionTimeout.ts';
import { openClient } from './client.ts';
import { GroupOffsets } from './groupOffsets.ts';
import { withDefaults, type KafkaOptions } from './kafkaOptions.ts';
import { BatchProducer } from './producer.ts';
import { checkTopics, provideTopics } from './provideTopics.ts';
import { TopicDeadLetters } from './topicDeadLetters.ts';
import { TopicSink } from './topicSink.ts';
import { TopicSource, type SharedParts } from './topicSource.ts';

/**
 * The bus on Kafka: groups spread the partitions of a topic over processes, and order holds per key whoever reads. Kafka 2.1 or newer.
 * Connects when first used.
 */
export function createKafkaBus(options: KafkaOptions): Bus {
  const settings = withDefaults(options);
  const kafka = openClient(settings);
  const admin = new AdminClient(kafka, settings);
  const offsets = new GroupOffsets(admin, settings);
  const producer = new BatchProducer(kafka, settings);
  const parts: SharedParts = { kafka, settings, producer, outage: new Outage(settings.clock, settings.report) };
  const sources: Source[] = [];
  const letters: TopicDeadLetters[] = [];

  return {
    subscribe(topic: Topic, { group }): Source {
      const source = new TopicSource(topic, group, offsets, parts);
      sources.push(source);
      return source;
    },
    publish: (topic: Topic): Sink => new TopicSink(topic, producer),
    deadLettersOf({ deadLetters }): TopicDeadLetters {
      const reader = new TopicDeadLetters(deadLetters, { kafka, settings, admin });
      letters.push(reader);
      return reader;
    },
    provide: (topics) => provideTopics(admin, topics, settings),
    async check(topics): Promise<void> {
      await checkTopics(admin, topics);
      await checkSessionTimeout(admin, settings.sessionTimeoutMs);
    },
    oldestUnsettledAt: ({ name }, { group }) => offsets.oldestUnsettledAt(name, group),
    async reach(limitMs): Promise<void> {
      await admin.use((client) => client.describeCluster(), limitMs);
    },
    async close(): Promise<void> {
      await Promise.all([...sources, ...letters].map((part) => part.close()));
      await Promise.all([producer.close(), admin.close()]);
    },
  };
}
