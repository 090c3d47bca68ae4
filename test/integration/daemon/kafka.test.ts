import { Kafka, logLevel, type Admin } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { freePort } from '../../../stack/freePort.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { runWeir, startWeir } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from './aMonth.ts';

vi.setConfig({ testTimeout: 90_000 });

/** The variables of a month whose bus is Kafka at an address. */
function overKafka({ environment }: AMonth, brokers: string): Readonly<Record<string, string>> {
  return { ...environment, WEIR_BUS_KIND: 'kafka', WEIR_KAFKA_BROKERS: brokers, WEIR_KAFKA_REQUIRE_TLS: 'false' };
}

async function onKafka(brokers: string, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await work(admin).finally(() => admin.disconnect());
}

describe.skipIf(sharedKafka() === undefined)('a daemon over Kafka', () => {
  it('is refused without topics, told to migrate, and starts when that is done; more partitions are added', async () => {
    const month = await aMonth();
    const kafka = await aPrivateKafka();
    const { host: brokers } = new URL(kafka.url);
    const environment = overKafka(month, brokers);
    const refused = await runWeir(environment, 'run');
    expect(refused.code).toBe(78);
    expect(refused.errors).toMatch(/Kafka lacks the topic queuing\.billing\.\S+: run weir migrate/);

    await onKafka(brokers, (admin) => admin.createTopics({ topics: [{ topic: emailTopic.name, numPartitions: 1 }] }));
    expect((await runWeir(environment, 'migrate')).code).toBe(0);
    await onKafka(brokers, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [emailTopic.name] });
      expect(topics[0]?.partitions).toHaveLength(emailTopic.partitions);
    });

    await month.load([{}, {}]);
    const daemon = startWeir(environment, 'run');
    for (const words of [
      ['billing.settle', month.month.billing],
      ['billing.dispatch', month.month.dispatchDays[0] ?? ''],
    ] as const) {
      expect((await runWeir(environment, 'run', '--job', words[0], '--key', words[1])).code).toBe(0);
    }
    await until('2 mails came', () => month.inbox.count() >= 2, { limitMs: 30_000 });
    expect(JSON.parse((await daemon.ask('/readyz')).text)).toMatchObject({ dependencies: { kafka: 'reachable' } });
    expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    expect(await month.bills()).toEqual({ COMPLETED: 2 });
  });

  it('is refused where a topic has more partitions than it knows', async () => {
    const month = await aMonth();
    const kafka = await aPrivateKafka();
    const { host: brokers } = new URL(kafka.url);
    expect((await runWeir(overKafka(month, brokers), 'migrate')).code).toBe(0);
    await onKafka(brokers, (admin) => admin.createPartitions({ topicPartitions: [{ topic: emailTopic.name, count: 5 }] }));
    for (const command of ['run', 'migrate']) {
      const { code, errors } = await runWeir(overKafka(month, brokers), command);
      expect([command, code]).toEqual([command, 78]);
      expect(errors).toContain(`${emailTopic.name} in Kafka has 5 partitions, and 3 were expected`);
    }
  });

  it('whose broker is not there says so once, where it was tried, lives, and is not ready', async () => {
    const month = await aMonth();
    const daemon = startWeir(overKafka(month, `127.0.0.1:${await freePort()}`), 'run');
    const line = await daemon.logged('Kafka failed a command: it is tried again until it works');
    expect(line).toMatchObject({ code: 'unavailable', error: expect.stringContaining('see kafka.brokers (WEIR_KAFKA_BROKERS)') as string });
    expect((await daemon.ask('/livez')).status).toBe(200);
    const ready = await daemon.ask('/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({ dependencies: { kafka: 'unreachable' } });
    expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    expect(daemon.log().filter(({ msg }) => msg === 'Kafka failed a command: it is tried again until it works')).toHaveLength(1);
  });
});

it('a daemon over Kafka is refused when nobody says where that is', async () => {
  const { environment } = await aMonth();
  const { code, errors } = await runWeir({ ...environment, WEIR_BUS_KIND: 'kafka' }, 'run');
  expect(code).toBe(78);
  expect(errors).toContain('kafka.brokers expected host:port, since bus.kind is kafka');
});
