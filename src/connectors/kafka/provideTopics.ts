import type { Admin } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import type { Topic } from '../bus.ts';
import type { AdminClient } from './adminClient.ts';
import { topicConfigs } from './topicConfig.ts';

/**
 * Makes topics and their dead letters where they are missing, and adds partitions where they have too few. Repeatable.
 * `schemaMismatch` for a topic that has too many: they cannot be taken away.
 */
export async function provideTopics(admin: AdminClient, topics: readonly Topic[], replicas: number): Promise<void> {
  const wanted = topicConfigs(topics, replicas);
  await admin.use(async (client) => {
    const existing = await partitionsOf(client);
    const missing = wanted.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) await client.createTopics({ topics: missing, waitForLeaders: true });
    const small = wanted.filter(({ topic, numPartitions }) => (existing.get(topic) ?? numPartitions) < numPartitions);
    const topicPartitions = small.map(({ topic, numPartitions }) => ({ topic, count: numPartitions }));
    if (small.length > 0) await client.createPartitions({ topicPartitions });
  });
  await checkTopics(admin, topics);
}

/** Throws `schemaMismatch`, with what to do, where a topic or its dead letters are missing or have another number of partitions. */
export async function checkTopics(admin: AdminClient, topics: readonly Topic[]): Promise<void> {
  const existing = await admin.use(partitionsOf);
  for (const { topic, numPartitions } of topicConfigs(topics, 1)) {
    const partitions = existing.get(topic);
    if (partitions === undefined) throw new WeirError('schemaMismatch', `Kafka lacks the topic ${topic}: run weir migrate`);
    const expected = `${topic} in Kafka has ${partitions} partitions, and ${numPartitions} were expected`;
    if (partitions < numPartitions) throw new WeirError('schemaMismatch', `${expected}: run weir migrate`);
    if (partitions > numPartitions) throw new WeirError('schemaMismatch', `${expected}: a newer Weir has made more, or somebody else`);
  }
}

async function partitionsOf(client: Admin): Promise<ReadonlyMap<string, number>> {
  const { topics } = await client.fetchTopicMetadata();
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}
