import { Kafka, logLevel, type Admin } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { createToken } from '../../../src/console/apiTokens.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { runWeir, startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from './aMonth.ts';

vi.setConfig({ testTimeout: 180_000 });

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
    const check = await runWeir(environment, 'config', 'check', '--connect');
    expect(check.code).toBe(78);
    expect(check.output).toMatch(/^topics +Kafka lacks the topic queuing\.billing\.\S+: run weir migrate$/m);

    await onKafka(brokers, (admin) => admin.createTopics({ topics: [{ topic: emailTopic.name, numPartitions: 1 }] }));
    expect((await runWeir(environment, 'migrate')).code).toBe(0);
    await onKafka(brokers, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [emailTopic.name] });
      expect(topics[0]?.partitions).toHaveLength(emailTopic.partitions);
    });

    const asJoe = { WEIR_KAFKA_USER: 'joe', WEIR_KAFKA_PASSWORD: 's3cret' };
    const unasked = await runWeir({ ...environment, ...asJoe }, 'config', 'check', '--connect');
    expect([unasked.code, unasked.output]).toEqual([1, expect.stringMatching(/^kafka +Kafka answers ILLEGAL_SASL_STATE$/m)]);
    expect(unasked.output + unasked.errors).not.toContain('s3cret');

    await month.load([{}, {}]);
    const daemon = startWeir(environment, 'run');
    for (const words of [
      ['billing.settle', month.month.billing],
      ['billing.dispatch', month.month.dispatchDays[0] ?? ''],
    ] as const) {
      expect((await runWeir(environment, 'run', '--job', words[0], '--key', words[1])).code).toBe(0);
    }
    await until('2 mails came', () => month.inbox.count() >= 2, { limitMs: 30_000 });
    await until('Kafka answers in time', async () => {
      expect(JSON.parse((await daemon.ask('/readyz')).text)).toMatchObject({ dependencies: { kafka: 'reachable' } });
      return true;
    });
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
    const check = await runWeir(overKafka(month, brokers), 'config', 'check', '--connect', '--json');
    expect(check.code).toBe(78);
    expect(JSON.parse(check.output)).toContainEqual({
      ...{ what: 'topics', isRight: false },
      said: `${emailTopic.name} in Kafka has 5 partitions, and 3 were expected: a newer Weir has made more, or somebody else`,
    });
  });

  it('is refused with a session timeout that the broker does not take, with the limits of the broker, and so says the check', async () => {
    const month = await aMonth();
    const kafka = await aPrivateKafka({ settings: ['group.min.session.timeout.ms=6000'] });
    const environment = overKafka(month, new URL(kafka.url).host);
    expect((await runWeir(environment, 'migrate')).code).toBe(0);
    for (const [wrongMs, code] of [
      ['5999', 78],
      ['1800001', 78],
      ['6000', 0],
    ] as const) {
      const check = await runWeir({ ...environment, WEIR_KAFKA_SESSION_TIMEOUT_MS: wrongMs }, 'config', 'check', '--connect');
      expect([wrongMs, check.code]).toEqual([wrongMs, code]);
    }
    const daemon = startWeir({ ...environment, WEIR_KAFKA_SESSION_TIMEOUT_MS: '5999' }, 'run');
    expect(await daemon.logged('cannot start')).toMatchObject({
      code: 'invalidOption',
      error:
        'Kafka refuses kafka.sessionTimeoutMs: 5999 does not lie within its group.min.session.timeout.ms (6000) and group.max.session.timeout.ms (1800000)',
    });
    expect(await daemon.ended).toEqual({ code: 78, signal: null });
  });

  it('whose broker is not there says so once, where it was tried, lives, and is not ready; the check of its options says the same', async () => {
    const month = await aMonth();
    const environment = overKafka(month, '127.0.0.1:1');
    const daemon = startWeir(environment, 'run');
    const line = await daemon.logged('Kafka failed a command: it is tried again until it works');
    expect(line).toMatchObject({ code: 'unavailable', error: expect.stringContaining('see kafka.brokers (WEIR_KAFKA_BROKERS)') as string });
    expect((await daemon.ask('/livez')).status).toBe(200);
    const ready = await daemon.ask('/readyz');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({ dependencies: { kafka: 'unreachable' } });
    const check = await runWeir(environment, 'config', 'check', '--connect', '--json');
    expect(check.code).toBe(1);
    expect(JSON.parse(check.output)).toContainEqual({ what: 'kafka', isRight: false, said: line['error'] });
    expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    expect(daemon.log().filter(({ msg }) => msg === 'Kafka failed a command: it is tried again until it works')).toHaveLength(1);
  });
});

describe.skipIf(sharedKafka() === undefined)('weir pipelines list over Kafka', () => {
  it('shows which daemon reads what, which stands by, and since when Kafka is away and why', async () => {
    const month = await aMonth();
    const kafka = await aPrivateKafka();
    const environment = { ...overKafka(month, new URL(kafka.url).host), WEIR_KAFKA_SESSION_TIMEOUT_MS: '6000' };
    expect((await runWeir(environment, 'migrate')).code).toBe(0);
    const token = await createToken(month.database, { name: 'kim', role: 'viewer', at: new Date(), by: 'test' });
    const rows = async (daemon: WeirProcess): Promise<readonly (readonly string[])[]> => {
      const { output, errors } = await runWeir({ WEIR_ADMIN_URL: await daemon.adminUrl(), WEIR_TOKEN: token }, 'pipelines', 'list');
      expect(errors).toBe('');
      const lines = output.split('\n').map((line) => line.trim().split(/\s{2,}/));
      return lines.filter(([name]) => name?.startsWith('billing.'));
    };
    /** State, source and partitions of each pipeline. */
    const shown = async (daemon: WeirProcess): Promise<readonly string[]> =>
      (await rows(daemon)).map(([, state, source, , partitions]) => `${state} ${source} ${partitions}`);
    const comesTo = async (daemon: WeirProcess, ...states: readonly string[]): Promise<void> => {
      await until(`it shows ${states.join(', ')}`, async () => (await shown(daemon)).join() === states.join(), { limitMs: 30_000 });
    };

    const first = startWeir(environment, 'run');
    await first.logged('partitions assigned', { key: 'cg-billing-email-send' });
    await comesTo(first, 'running reading 0, 1, 2 of 3', 'running reading 0 of 1', 'running reading 0, 1, 2 of 3');
    const held = startWeir(environment, 'run', '--hold');
    await held.logged('pipeline state', { pipeline: 'billing.deliverSms', state: 'paused', reason: 'held at start' });
    await comesTo(held, 'paused idle none of 3', 'paused idle none of 1', 'paused idle none of 3');
    await comesTo(first, 'running reading 0, 1, 2 of 3', 'running reading 0 of 1', 'running reading 0, 1, 2 of 3');
    expect((await held.stop()).code).toBe(0);
    const second = startWeir(environment, 'run');
    await second.logged('partitions assigned', { key: 'cg-billing-email-fail-log' });
    await until(
      'one of them stands by',
      async () => {
        const states = [...(await shown(first)), ...(await shown(second))];
        return states.includes('running standby none of 1') && states.includes('running reading 0 of 1');
      },
      { limitMs: 30_000 },
    );
    // Each group turns by itself.
    await until(
      'they share the partitions',
      async () => {
        const share = (await Promise.all([first, second].map(shown))).map(([deliver = '']) => deliver.replace(/.*reading | of 3/g, ''));
        return share.join(', ').split(', ').toSorted().join() === '0,1,2';
      },
      { limitMs: 30_000 },
    );

    const killedAt = Date.now();
    await kafka.kill('SIGKILL');
    await comesTo(first, 'running away none of 3', 'running away none of 1', 'running away none of 3');
    const [deliver = []] = await rows(first);
    const sinceMs = Date.parse(String(deliver[3]).replace(' UTC', 'Z').replace(' ', 'T'));
    expect(sinceMs).toBeGreaterThan(killedAt - 1_000);
    expect(deliver.join(' ')).toContain('Kafka cannot be reached or closed the connection: see kafka.brokers (WEIR_KAFKA_BROKERS)');
    const metrics = (await first.ask('/metrics')).text;
    expect(metrics).toContain('weir_source_state{pipeline="billing.deliver",state="away"} 1');
    expect(metrics).toContain('weir_source_partition_held{pipeline="billing.deliver",partition="0"} 0');
    expect(metrics).toMatch(/weir_source_readers_replaced_total\{pipeline="billing.deliver",reason="lost"\} 1\n/);

    await second.stop();
    await kafka.start();
    await comesTo(first, 'running reading 0, 1, 2 of 3', 'running reading 0 of 1', 'running reading 0, 1, 2 of 3');
    expect(await first.stop(), first.errors()).toEqual({ code: 0, signal: null });
  });
});

it('a daemon over Kafka is refused when nobody says where that is', async () => {
  const { environment } = await aMonth();
  const { code, errors } = await runWeir({ ...environment, WEIR_BUS_KIND: 'kafka' }, 'run');
  expect(code).toBe(78);
  expect(errors).toContain('kafka.brokers expected host:port, since bus.kind is kafka');
});
