import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { AdminClient } from '../../../src/connectors/kafka/adminClient.ts';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { provideTopics } from '../../../src/connectors/kafka/provideTopics.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { testTopic } from '../../conformance/busHarness.ts';

const topic = testTopic({ name: 't', deadLetters: 't.dlt', partitions: 3 });

/** What a broker answers when it is asked for its topics: those that were made, or an error. */
type Answer = (made: readonly ITopicConfig[]) => readonly ITopicConfig[];

const none: Answer = () => [];
const all: Answer = (made) => made;
const failsWith = (type: string): Answer => {
  return () => {
    throw Object.assign(new Error(type), { type });
  };
};

/**
 * Has topics made by a broker that answers so, the last answer for ever, and whose first partition takes nothing when it is first asked.
 * How often it was asked for its topics, and of which for what they hold.
 */
async function provided(...answers: readonly Answer[]): Promise<{ readonly asked: number; readonly places: readonly string[] }> {
  const clock = virtualClock(new Date(0));
  let made: readonly ITopicConfig[] = [];
  let asked = 0;
  const places: string[] = [];
  const admin: Partial<Admin> = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    createTopics: async ({ topics, waitForLeaders }) => {
      await Promise.resolve();
      made = topics;
      // So kafkajs waits for leaders: by the metadata of brokers that may not know the topics yet.
      if (waitForLeaders !== false) failsWith('UNKNOWN_TOPIC_OR_PARTITION')(made);
      return true;
    },
    fetchTopicOffsets: async (name) => {
      await Promise.resolve();
      places.push(name);
      if (places.length === 1) failsWith('NOT_LEADER_FOR_PARTITION')(made);
      return [];
    },
    fetchTopicMetadata: async () => {
      await Promise.resolve();
      const answer = answers[asked] ?? answers.at(-1) ?? none;
      asked += 1;
      const topics = answer(made).map(({ topic: name, numPartitions = 1 }) => ({ name, partitions: Array(numPartitions).fill({}) }));
      return { topics };
    },
  };
  const settings = withDefaults({ brokers: [], clock, instance: 'a' });
  const providing = provideTopics(new AdminClient({ admin: () => admin } as unknown as Kafka, settings), [topic], settings);
  const over = providing.catch(() => undefined);
  await clock.advance(2 * settings.timeLimitMs);
  await over;
  await providing;
  return { asked, places };
}

test('topics are provided once a broker knows them, though it does not at first', async () => {
  // Once more, since a partition does not answer yet.
  expect((await provided(none, none, failsWith('LEADER_NOT_AVAILABLE'), none, all)).asked).toBe(6);
});

test('topics are provided once a broker knows all of their partitions', async () => {
  const few: Answer = (made) => made.map((config) => ({ ...config, numPartitions: 1 }));
  expect((await provided(none, few, all)).asked).toBe(4);
});

test('topics are provided once the partitions of those that were made answer', async () => {
  expect((await provided(none, all)).places).toEqual(['t.dlt', 't', 't.dlt', 't']);
  const others: Answer = () => [
    { topic: 't', numPartitions: 3 },
    { topic: 't.dlt', numPartitions: 1 },
  ];
  expect((await provided(others)).places).toEqual([]);
});

test('topics that no broker comes to know fail with what is missing', async () => {
  await expect(provided(none)).rejects.toMatchObject({ code: 'schemaMismatch', message: expect.stringContaining('t') as string });
  await expect(provided(none, failsWith('LEADER_NOT_AVAILABLE'))).rejects.toMatchObject({ kind: 'transient' });
});

test('topics that have too many partitions fail at once', async () => {
  const many: Answer = () => [
    { topic: 't', numPartitions: 9 },
    { topic: 't.dlt', numPartitions: 1 },
  ];
  await expect(provided(many)).rejects.toThrow('a newer Weir has made more');
});
