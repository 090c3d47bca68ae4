import type { EachBatchPayload } from 'kafkajs';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import { expect, test } from 'vitest';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { Member } from '../../../src/connectors/kafka/member.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { scriptedKafka } from './scriptedKafka.ts';

/** Where an assignment has come to; each has its own, as in kafkajs. */
const anAssignment = (): object => ({ committedOffsets: () => ({ t: { 0: '5' } }), nextOffset: () => '5' });

/** A group of kafkajs that holds a partition of `t`, whose broker answers when it is told to. */
function aGroup(parts: Pick<ConsumerGroup, 'assigners'>) {
  const asked = Promise.withResolvers<undefined>();
  const answer = Promise.withResolvers<object>();
  const fetch = (): Promise<object> => {
    asked.resolve(undefined);
    return answer.promise;
  };
  const group = Object.assign(Object.create(ConsumerGroup.prototype) as ConsumerGroup, {
    ...parts,
    offsetManager: anAssignment(),
    subscriptionState: { assigned: () => [{ topic: 't', partitions: [0] }], isPaused: () => false },
    filterPartitionsByNode: (_: string, all: readonly object[]) => all,
    cluster: { refreshMetadataIfNecessary: () => Promise.resolve(), findBroker: () => Promise.resolve({ fetch }) },
    checkForStaleAssignment: () => undefined,
    seekOffsets: () => Promise.resolve(),
    seekOffset: { has: () => false },
    getActiveTopicPartitions: () => ({ t: new Set([0]) }),
    preferredReadReplicasPerTopicPartition: {},
  });
  const messages = [{ offset: '5', key: null, value: Buffer.from('x') }];
  const responses = [{ topicName: 't', partitions: [{ partition: 0, highWatermark: '6', messages }] }];
  return { group, asked: asked.promise, answer: () => answer.resolve({ responses }) };
}

test.each([
  ['takes', 'it still is', false, ['answered 0', 'read 0 at 5'], ['5']],
  ['drops, to read it again,', 'it joined anew meanwhile', true, [], []],
])('a member %s what it asked for under an assignment when %s', async (_what, _when, isOver, expected, resolved) => {
  const told: string[] = [];
  const { kafka, clients, hooks } = scriptedKafka();
  const settings = withDefaults({ brokers: [], clock: virtualClock(new Date(0)), instance: 'a' });
  const nothing = (): void => undefined;
  const events = {
    ...{ joined: nothing, leaving: () => Promise.resolve(), removed: nothing, silent: nothing },
    answered: (partition: number) => void told.push(`answered ${partition}`),
    read: (partition: number, records: readonly { readonly offset: string }[]) => {
      told.push(`read ${partition} at ${records.map(({ offset }) => offset).join()}`);
      return true;
    },
  };
  const member = new Member(kafka, settings, { topic: 't', group: 'g' }, events);
  await member.start();
  const { group, asked, answer } = aGroup({ assigners: hooks });
  const fetched = group.fetch('1');
  await asked;
  if (isOver) Object.assign(group, { offsetManager: anAssignment() });
  answer();
  const goesOnBehind: string[] = [];
  for (const batch of await fetched) {
    const payload: Partial<EachBatchPayload> = { batch, resolveOffset: (offset) => void goesOnBehind.push(offset) };
    await clients[0]?.eachBatch?.(payload as EachBatchPayload);
  }
  expect(told).toEqual(expected);
  expect(goesOnBehind).toEqual(resolved);
  await member.leave();
});
