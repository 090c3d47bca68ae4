import { Redis } from 'ioredis';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { emailTopic } from '../../pipelines/billing/dispatchedBill.ts';
import type { Brokers } from './outsideBus.ts';

interface Poison {
  readonly key: string;
  /** Null: none at all. */
  readonly value: string | Buffer | null;
}

/** What other programs may write on the topic by mistake, a kind each; every one of them must end as a dead letter. */
const kinds: readonly Poison[] = [
  { key: '1', value: '{"version":1,' },
  { key: '2', value: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
  { key: '3', value: 'null' },
  { key: '', value: '{"version":"one"}' },
  { key: '5', value: null },
  { key: '6', value: '['.repeat(4_000) },
  { key: '7', value: '{"__proto__":{"version":1},"version":1}' },
  { key: '8', value: 'x'.repeat(emailTopic.maxSizeBytes + 1) },
  {
    key: '9',
    value: '{"version":1,"billId":"9","billingDate":"2026-01-01","publicInfoId":"9","destination":"nowhere.example","quietHours":null}',
  },
];

/** Writes one message of each kind, past Weir; answers how many. */
export async function writePoison({ redis, kafka }: Brokers): Promise<number> {
  await (kafka === undefined ? writeToRedis(redis.url) : writeToKafka(new URL(kafka.url).host));
  return kinds.length;
}

async function writeToRedis(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true });
  await client.connect();
  for (const { key, value } of kinds) {
    await client.xadd(emailTopic.name, '*', 'key', key, ...(value === null ? [] : ['value', value]));
  }
  client.disconnect();
}

async function writeToKafka(broker: string): Promise<void> {
  const client = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: emailTopic.name, messages: [...kinds] });
  await producer.disconnect();
}
