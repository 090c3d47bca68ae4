import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';
import type { Service } from '../../stack/service.ts';

/** Where a broker of the stack listens, as clients take it. */
export function brokerOf({ port }: Service): string {
  return `127.0.0.1:${port}`;
}

/** The client of kafkajs as it comes, quiet. */
export function plainClient(broker: string): Kafka {
  return new kafkajs.Kafka({ clientId: 'bench', brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
}

/** A connected producer of it that puts keys where the Java client does, one request in flight. */
export async function plainProducer(client: Kafka): Promise<Producer> {
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, allowAutoTopicCreation: false });
  await producer.connect();
  return producer;
}

/** Messages that a topic holds. */
export async function countRecords(admin: Admin, topic: string): Promise<number> {
  const partitions = await admin.fetchTopicOffsets(topic);
  return partitions.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
}

/** Removes the messages of a topic. Its offsets go on. */
export async function emptyTopic(admin: Admin, topic: string): Promise<void> {
  const partitions = (await admin.fetchTopicOffsets(topic)).filter(({ low, high }) => low !== high);
  if (partitions.length === 0) return;
  await admin.deleteTopicRecords({ topic, partitions: partitions.map(({ partition, high }) => ({ partition, offset: high })) });
}
