import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { startKafka } from '../../stack/kafka.ts';
import { atTheEnd } from '../support/atTheEnd.ts';
import { aPrivateKafka, sharedKafka } from '../support/services.ts';
import { until } from '../support/until.ts';
import { closesWhole } from './closesWhole.ts';

const topic = 'kept';

function clientOf(url: string, retries = 0): Kafka {
  return new Kafka({
    brokers: [new URL(url).host],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 3_000,
    retry: { retries },
  });
}

async function describeCluster(url: string): Promise<{ readonly brokers: number; readonly controller: number | null }> {
  const admin = clientOf(url).admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return { brokers: brokers.length, controller };
  } finally {
    await admin.disconnect();
  }
}

/** Writes one record that the broker acknowledges, to a new topic. */
async function keep(url: string, value: string, timestamp = Date.now()): Promise<void> {
  const client = clientOf(url);
  const admin = client.admin();
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    // The client's own wait fails where the broker does not know yet what it has made.
    await admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
    await until('the topic takes it', async () => {
      await producer.send({ topic, acks: -1, messages: [{ value, timestamp: String(timestamp) }] });
      return true;
    });
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** The first record. The first reader of a new broker is sent away until its groups have a coordinator. */
async function kept(url: string): Promise<string | undefined> {
  const consumer = clientOf(url, 10).consumer({ groupId: 'reader' });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        resolve(message.value?.toString());
        await Promise.resolve();
      },
    });
    return await promise;
  } finally {
    await consumer.disconnect();
  }
}

describe.skipIf(sharedKafka() === undefined)('startKafka', () => {
  it('is one broker with a controller, for the whole suite', async () => {
    expect(await describeCluster(`kafka://${sharedKafka()}`)).toEqual({ brokers: 1, controller: 1 });
  });

  it('keeps what was acknowledged over kill -9 and a restart on the same port', async () => {
    const server = await aPrivateKafka();
    await keep(server.url, 'yes');
    const { port, pid } = server;
    await server.kill('SIGKILL');
    await expect(describeCluster(server.url)).rejects.toThrow();
    await server.start();
    expect(await kept(server.url)).toBe('yes');
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
  });

  it('keeps the data of a folder that it was given, over other ports', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'weir-kafka-data-'));
    atTheEnd(() => rm(dataDir, { recursive: true }));
    const first = await aPrivateKafka({ dataDir });
    await keep(first.url, 'yes');
    await first.close();
    const second = await aPrivateKafka({ dataDir });
    expect(second.port).not.toBe(first.port);
    expect(await kept(second.url)).toBe('yes');
  });

  it('is silent while frozen and answers again after the thaw', async () => {
    const server = await aPrivateKafka();
    server.freeze();
    await expect(describeCluster(server.url)).rejects.toThrow(/timed out/);
    server.thaw();
    expect(await until('it answers', () => describeCluster(server.url))).toEqual({ brokers: 1, controller: 1 });
  });

  it('takes records of a clock that is far ahead', async () => {
    const server = await aPrivateKafka();
    await keep(server.url, 'of the next century', Date.UTC(2100, 0, 1));
    expect(await kept(server.url)).toBe('of the next century');
  });

  it('leaves no process and no folder after close', async () => {
    await closesWhole(await startKafka());
  });

  it('says why when it cannot start', async () => {
    await expect(startKafka({ settings: ['num.io.threads=many'] })).rejects.toThrow(/did not start[^]*num\.io\.threads/);
  });
});
