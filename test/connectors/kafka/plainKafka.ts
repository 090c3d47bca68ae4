import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type Consumer, type ConsumerConfig, type Producer, type ProducerConfig } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { until } from '../../support/until.ts';

/** The client without our connector, as its documentation says to make it. */
export function plainKafka(brokers: string): Kafka {
  return new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } });
}

export async function plainProducer(brokers: string, config: ProducerConfig = {}): Promise<Producer> {
  const producer = plainKafka(brokers).producer(config);
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

/** Not connected yet. */
export function plainConsumer(brokers: string, config: ConsumerConfig): Consumer {
  const consumer = plainKafka(brokers).consumer({ maxWaitTimeInMs: 50, heartbeatInterval: 100, ...config });
  onTestFinished(() => consumer.disconnect());
  return consumer;
}

export async function plainAdmin(brokers: string): Promise<Admin> {
  const admin = plainKafka(brokers).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return admin;
}

/** What a group has committed of a topic, by partition; -1 where nothing is. */
export async function committed(admin: Admin, topic: string, group = topic): Promise<readonly number[]> {
  const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const offsets = (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
  return offsets.map(({ offset }) => Number(offset));
}

/** The values that a topic of one partition holds, in their order. */
export async function logOf(brokers: string, topic: string): Promise<readonly string[]> {
  const [admin, consumer] = [await plainAdmin(brokers), plainConsumer(brokers, { groupId: `look-${randomUUID()}` })];
  const [bounds] = await admin.fetchTopicOffsets(topic);
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message }) => {
      values.push(message.value?.toString() ?? '');
      return Promise.resolve();
    },
  });
  await until('the whole log is read', () => values.length >= Number(bounds?.high) - Number(bounds?.low));
  return values;
}

/** How many members a group has, and what it is doing (`Stable`, `PreparingRebalance`, …). */
export async function groupState(admin: Admin, group: string): Promise<{ readonly members: number; readonly state: string }> {
  const { groups } = await admin.describeGroups([group]);
  return { members: groups[0]?.members.length ?? 0, state: groups[0]?.state ?? '' };
}
