import { emailTopic } from '../pipelines/billing/dispatchedBill.ts';
import { createKafkaBus } from '../src/connectors/kafka/kafkaBus.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startKafka } from '../stack/kafka.ts';
import type { Benchmark } from './benchmark.ts';
import { openDispatch, type Outlet } from './dispatch/dispatchContest.ts';
import { brokerOf, countRecords, emptyTopic, plainClient, plainProducer } from './kafka/plainClient.ts';

/**
 * Dispatching bills over Kafka: the job `billing.dispatch` as `weir run --job` runs it, which reads, marks and publishes. Ceiling:
 * a plain loop that reads the same bills in pages of 1,000 and hands each page to kafkajs in one awaited send, and marks nothing.
 */
export const kafkaPublish: Benchmark = { name: 'kafkaPublish', unit: 'bills', size: 200_000, open: (size) => openDispatch(size, open) };

async function open(started: AsyncDisposableStack): Promise<Outlet> {
  const kafka = started.adopt(await startKafka(), (service) => service.close());
  const broker = brokerOf(kafka);
  const bus = started.adopt(createKafkaBus({ brokers: [broker], clock: realClock, instance: 'bench' }), (opened) => opened.close());
  await bus.provide([emailTopic]);
  const client = plainClient(broker);
  const producer = started.adopt(await plainProducer(client), (opened) => opened.disconnect());
  const admin = started.adopt(client.admin(), (opened) => opened.disconnect());
  await admin.connect();
  const topic = emailTopic.name;
  return {
    bus,
    write: async (messages) => {
      await producer.send({ topic, acks: -1, messages: messages.map(({ key, value }) => ({ key, value: Buffer.from(value) })) });
    },
    empty: () => emptyTopic(admin, topic),
    count: () => countRecords(admin, topic),
  };
}
