import type { Admin } from 'kafkajs';
import { kindOf, WeirError } from '../../errors.ts';
import { pause } from '../../message/pause.ts';
import type { Topic } from '../bus.ts';
import type { AdminClient } from './adminClient.ts';
import type { KafkaSettings } from './kafkaOptions.ts';
import { topicConfigs, type TopicConfig } from './topicConfig.ts';

/** Time between two looks whether a broker knows what was made. */
const lookEveryMs = 100;

/**
 * Makes topics and their dead letters where they are missing, and adds partitions where they have too few. Repeatable.
 * `schemaMismatch` for a topic that has too many: they cannot be taken away.
 */
export async function provideTopics(admin: AdminClient, topics: readonly Topic[], settings: ProvideSettings): Promise<void> {
  const wanted = topicConfigs(topics, settings.replicas);
  const made = await admin.use(async (client) => {
    const existing = await partitionsOf(client);
    const missing = wanted.filter(({ topic }) => !existing.has(topic));
    // The client's own wait fails where a broker does not know a topic yet that another has made.
    if (missing.length > 0) await client.createTopics({ topics: missing, waitForLeaders: false });
    const small = wanted.filter(({ topic, numPartitions }) => (existing.get(topic) ?? numPartitions) < numPartitions);
    const topicPartitions = small.map(({ topic, numPartitions }) => ({ topic, count: numPartitions }));
    if (small.length > 0) await client.createPartitions({ topicPartitions });
    return missing;
  });
  requireTopics(await untilThere(admin, wanted, made, settings), wanted);
}

type ProvideSettings = Pick<KafkaSettings, 'clock' | 'replicas' | 'timeLimitMs'>;

/**
 * Asks until a broker knows of all topics and partitions and those that were made answer, for the time of a call at most, and gives what
 * it knows then. A broker tells of partitions a moment before it takes them: what is written meanwhile is written in part, and again.
 */
async function untilThere(
  admin: AdminClient,
  wanted: readonly TopicConfig[],
  made: readonly TopicConfig[],
  { clock, timeLimitMs }: ProvideSettings,
): Promise<Partitions> {
  const untilMs = clock.elapsedMs() + timeLimitMs;
  for (;;) {
    try {
      const existing = await admin.use(partitionsOf);
      const isThere = wanted.every(({ topic, numPartitions }) => (existing.get(topic) ?? 0) >= numPartitions);
      if (isThere) await admin.use((client) => Promise.all(made.map(({ topic }) => client.fetchTopicOffsets(topic))));
      if (isThere || clock.elapsedMs() >= untilMs) return existing;
    } catch (error) {
      // A partition without a leader fails the question.
      if (kindOf(error) !== 'transient' || clock.elapsedMs() >= untilMs) throw error;
    }
    await pause(clock, lookEveryMs);
  }
}

/** Throws `schemaMismatch`, with what to do, where a topic or its dead letters are missing or have another number of partitions. */
export async function checkTopics(admin: AdminClient, topics: readonly Topic[]): Promise<void> {
  requireTopics(await admin.use(partitionsOf), topicConfigs(topics, 1));
}

function requireTopics(existing: Partitions, wanted: readonly TopicConfig[]): void {
  for (const { topic, numPartitions } of wanted) {
    const partitions = existing.get(topic);
    if (partitions === undefined) throw new WeirError('schemaMismatch', `Kafka lacks the topic ${topic}: run weir migrate`);
    const expected = `${topic} in Kafka has ${partitions} partitions, and ${numPartitions} were expected`;
    if (partitions < numPartitions) throw new WeirError('schemaMismatch', `${expected}: run weir migrate`);
    if (partitions > numPartitions) throw new WeirError('schemaMismatch', `${expected}: a newer Weir has made more, or somebody else`);
  }
}

/** How many partitions each topic has. */
type Partitions = ReadonlyMap<string, number>;

async function partitionsOf(client: Admin): Promise<Partitions> {
  const { topics } = await client.fetchTopicMetadata();
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}
