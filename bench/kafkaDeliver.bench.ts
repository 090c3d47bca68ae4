import { systems } from '../pipelines/index.ts';
import { emailTopic } from '../pipelines/billing/dispatchedBill.ts';
import { createKafkaBus } from '../src/connectors/kafka/kafkaBus.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startKafka } from '../stack/kafka.ts';
import type { Benchmark, Contest } from './benchmark.ts';
import { daemonMemory } from './deliver/daemonMemory.ts';
import { openDeliver, publishBills, type Supply } from './deliver/deliverContest.ts';
import { resetBills } from './deliver/fillBills.ts';
import { brokerOf, emptyTopic, plainClient } from './kafka/plainClient.ts';

/** Messages that wait while the memory of a daemon is looked at, and what makes each of them a kilobyte. */
const waiting = 100_000;
const padding: ReadonlyMap<string, string> = new Map([['padding', 'x'.repeat(850)]]);

/** All mails take this long then: 40 at once make 400 a second. */
const slowMails = { every: 1, delayMs: 100 };

/**
 * Delivering bills over Kafka: the pipeline `billing.deliver` as `deliver` has it. Baseline: the same over Redis Streams. Ceiling:
 * composed mails fed to nodemailer's own SMTP connections.
 */
export const kafkaDeliver: Benchmark = { name: 'kafkaDeliver', unit: 'mails', size: 12_000, open };

async function open(size: number): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  const contest = await openDeliver(size, started);
  const { client, sink, redis } = contest;
  const service = started.adopt(await startKafka(), (kafka) => kafka.close());
  const broker = brokerOf(service);
  const bus = started.adopt(createKafkaBus({ brokers: [broker], clock: realClock, instance: 'bench' }), (opened) => opened.close());
  const admin = started.adopt(plainClient(broker).admin(), (opened) => opened.disconnect());
  await admin.connect();
  await bus.provide(systems.topics);
  const kafka: Supply = {
    addresses: { ...redis.addresses, kafkaBroker: broker },
    publish: async () => {
      await emptyTopic(admin, emailTopic.name);
      await publishBills(bus, size);
    },
  };
  const memory = async (): Promise<string> => {
    await resetBills(client);
    await emptyTopic(admin, emailTopic.name);
    await publishBills(bus, size, waiting, padding);
    await sink.begin(slowMails);
    const highest = await daemonMemory(kafka.addresses, sink, Math.ceil(size / 2));
    return highest.join(', ');
  };
  const all = started.move();
  return {
    entrants: { ours: contest.weir(kafka), baseline: contest.weir(redis), ceiling: contest.composed },
    facts: async () => ({
      'resident memory of a daemon with 100,000 messages of 1 KB waiting and mails of 100 ms, MB at most in each tenth': await memory(),
    }),
    close: () => all.disposeAsync(),
  };
}
