import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { describe, onTestFinished } from 'vitest';
import type { Topic } from '../../../src/connectors/bus.ts';
import { writeOnce } from '../../../src/connectors/redisStream/scripts.ts';
import { freePort } from '../../../stack/freePort.ts';
import { startKafka } from '../../../stack/kafka.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aRedis, sharedKafka } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import type { BusPlace } from './aMonth.ts';
import { through } from './through.ts';

type Named = Pick<Topic, 'name'>;

/** A broker for one test, and how what a process asks of it looks on the wire: markers as `TcpProxy.strike` takes them. */
export interface Broker {
  /** Where a month finds it. */
  readonly place: BusPlace;
  readonly proxy: TcpProxy;
  /** What leads a process through the proxy. */
  readonly proxied: Readonly<Record<string, string>>;
  /** The marker of a request that writes messages to a topic. */
  published(topic: Named): string | RegExp;
  /** The marker of one that writes a dead letter of a topic. */
  putAside(topic: Pick<Topic, 'deadLetters'>): string | RegExp;
  /** The marker of one by which a group settles messages of a topic. */
  settled(topic: Named, group: string): string | RegExp;
  /** Loses all messages of a topic. */
  lose(topic: Named): Promise<void>;
}

/** Defines tests once for each bus; those over Kafka are skipped where it cannot be had. */
export function overEachBroker(tests: (start: () => Promise<Broker>) => void): void {
  describe('over Redis Streams', () => tests(aRedisBroker));
  describe.skipIf(sharedKafka() === undefined)('over Kafka', () => tests(aKafkaBroker));
}

/** Redis says what is asked of it in words: a command and what it is given, each behind its length. */
export async function aRedisBroker(): Promise<Broker> {
  const redisUrl = await aRedis();
  const { proxy, url } = await through(redisUrl);
  const onRedis = async (work: (client: Redis) => Promise<unknown>): Promise<void> => {
    const client = new Redis(redisUrl, { lazyConnect: true, commandTimeout: 5_000 });
    await client.connect();
    await work(client).finally(() => client.disconnect());
  };
  // Redis knows the script, so that the first request does what it asks for.
  await onRedis((client) => client.script('LOAD', writeOnce.lua));
  return {
    place: { redisUrl },
    proxy,
    proxied: { WEIR_REDIS_URL: url },
    published: ({ name }) => words('xadd', name),
    putAside: ({ deadLetters }) => `${deadLetters}:written`,
    settled: ({ name }, group) => words('XACK', name, group),
    lose: ({ name }) => onRedis((client) => client.del(name)),
  };
}

function words(...some: readonly string[]): string {
  return some.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
}

/**
 * A request to Kafka begins with the number of its kind and of its version, its own number and the name of its client. Clients go
 * where the broker says that it is: so all of them go through the proxy, and nobody else may do what kills a process.
 */
async function aKafkaBroker(): Promise<Broker> {
  const port = await freePort();
  const proxy = await TcpProxy.start({ port });
  atTheEnd(() => proxy.close());
  const host = `127.0.0.1:${proxy.port}`;
  const kafka = await startKafka({ port, settings: [`advertised.listeners=CLIENTS://${host}`] });
  onTestFinished(() => kafka.close());
  // In no transaction, for all replicas, with a time limit, to one topic.
  const published = ({ name }: Named): RegExp => request(0, `\\xff{4}.{4}\\0\\0\\0\\x01${text(name)}`);
  return {
    place: { kafka: { url: `kafka://${host}` } },
    proxy,
    proxied: {},
    published,
    putAside: ({ deadLetters }) => published({ name: deadLetters }),
    settled: (_, group) => request(8, text(group)),
    lose: async ({ name: topic }) => {
      const admin = new Kafka({ brokers: [host], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ partition, offset: high }));
      await admin.deleteTopicRecords({ topic, partitions }).finally(() => admin.disconnect());
    },
  };
}

function request(kind: number, body: string): RegExp {
  return new RegExp(`\\0\\x0${kind}\\0.{5}\\0.[^\\0]+${body}`, 's');
}

/** Behind its length, and before a number that is not large. */
function text(value: string): string {
  return `\\0\\x${value.length.toString(16).padStart(2, '0')}${value}\\0`;
}
