import { Kafka, logLevel } from 'kafkajs';
import { beforeAll, describe, it } from 'vitest';
import { deliverGroup } from '../../../pipelines/billing/deliver.pipeline.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { runWeir } from '../../support/weirProcess.ts';
import { aMonth } from '../daemon/aMonth.ts';
import { aWatchedWeir } from './aWatchedWeir.ts';
import { areWatched, onCall, type OnCall } from './onCall.ts';

describe.skipIf(!areWatched || sharedKafka() === undefined)('whoever is on call for a bus of Kafka', () => {
  let duty: OnCall;
  let kafka: Kafka;

  beforeAll(async () => {
    const [{ environment }, broker] = await Promise.all([aMonth(), aPrivateKafka()]);
    const { host } = new URL(broker.url);
    const overKafka = { ...environment, WEIR_BUS_KIND: 'kafka', WEIR_KAFKA_BROKERS: host, WEIR_KAFKA_REQUIRE_TLS: 'false' };
    await runWeir(overKafka, 'migrate');
    kafka = new Kafka({ brokers: [host], logLevel: logLevel.NOTHING });
    const weir = await aWatchedWeir(overKafka);
    duty = await onCall({ weir: [weir.target] });
  });

  it('is paged once about a partition that another program has taken and does not read, until that program ends', async () => {
    const stranger = kafka.consumer({ groupId: deliverGroup });
    await duty.sees({
      alert: 'WeirPartitionUnread',
      labels: { pipeline: 'billing.deliver' },
      follows: ['WeirNoProgress'],
      cause: async () => {
        await stranger.connect();
        await stranger.subscribe({ topics: [emailTopic.name] });
        const joined = new Promise((resolve) => stranger.on(stranger.events.GROUP_JOIN, resolve));
        await stranger.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
        await joined;
        stranger.pause([{ topic: emailTopic.name }]);
        const producer = kafka.producer();
        await producer.connect();
        const messages = Array.from({ length: emailTopic.partitions }, (_, partition) => ({ partition, key: 'poison', value: 'x' }));
        await producer.send({ topic: emailTopic.name, messages });
        await producer.disconnect();
      },
      heal: () => stranger.disconnect(),
    });
  });
});
