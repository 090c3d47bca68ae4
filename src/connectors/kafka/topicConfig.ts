import type { ITopicConfig } from 'kafkajs';
import type { Topic } from '../bus.ts';

/** How a topic is made. */
export type TopicConfig = ITopicConfig & { readonly numPartitions: number };

/** Room for a batch's own header, and for the headers of a message: the reasons of a dead letter are among them. */
const headroomBytes = 65_536;
const leastBatchBytes = 1_048_576;

/** Bytes of a batch that the dead letters of a topic take: whatever the topic takes uncompressed, and the headers that give the reason. */
export function letterBytes(topic: Pick<Topic, 'maxSizeBytes'>): number {
  return batchBytes(topic) + 2 * headroomBytes;
}

/** Bytes of messages that go out in one batch at most. */
export function batchBytes({ maxSizeBytes }: Pick<Topic, 'maxSizeBytes'>): number {
  return Math.max(leastBatchBytes, maxSizeBytes);
}

const weekMs = 604_800_000;
const forEver = -1;

/** How topics and their dead letters are made on the broker. What is a topic itself beside the dead letters of another is made as that. */
export function topicConfigs(topics: readonly Topic[], replicas: number): readonly TopicConfig[] {
  const all = [...topics.map((topic) => deadLetterConfig(topic, replicas)), ...topics.map((topic) => topicConfig(topic, replicas))];
  return [...new Map(all.map((config) => [config.topic, config])).values()];
}

/** A broker removes by age what nobody has settled too, so a week is the least. */
function topicConfig(topic: Topic, replicas: number): TopicConfig {
  return configOf({ ...topic, retainMs: Math.max(topic.retainMs ?? 0, weekMs) }, batchBytes(topic) + headroomBytes, replicas);
}

/** Dead letters are kept until they are decided, in one partition: they are rare, and read in the order they came. */
function deadLetterConfig(topic: Topic, replicas: number): TopicConfig {
  return configOf({ ...topic, name: topic.deadLetters, partitions: 1, retainMs: forEver }, letterBytes(topic), replicas);
}

/**
 * Times are the broker's own: they never go back within a partition, so that a time finds a place and a place its time, and a
 * calendar that is moved makes no message too old to be kept.
 */
function configOf(topic: Topic & { readonly retainMs: number }, mostBytes: number, replicas: number): TopicConfig {
  const settings = {
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': mostBytes,
    'min.insync.replicas': Math.max(1, replicas - 1),
    'retention.ms': topic.retainMs,
  };
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }));
  return { topic: topic.name, numPartitions: topic.partitions, replicationFactor: replicas, configEntries };
}
