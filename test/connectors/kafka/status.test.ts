import { beforeAll, describe, expect, test } from 'vitest';
import type { SourceStatus } from '../../../src/connectors/sourceStatus.ts';
import type { Source } from '../../../src/connectors/source.ts';
import { freePort } from '../../../stack/freePort.ts';
import { aTopic, publish } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { testBus } from './aKafkaBus.ts';

const isHere = sharedKafka() !== undefined;

/** A broker that clients reach through a proxy alone. */
let proxy: TcpProxy;
let proxied: string;
beforeAll(async () => {
  if (!isHere) return undefined;
  const port = await freePort();
  proxy = await TcpProxy.start({ port });
  proxied = `127.0.0.1:${proxy.port}`;
  await aPrivateKafka({ port, settings: [`advertised.listeners=CLIENTS://${proxied}`] });
  return () => proxy.close();
});

function statusOf(source: Source): SourceStatus {
  const status = source.status?.();
  if (status === undefined) throw new Error('it tells nothing of itself');
  return status;
}

async function comesTo(source: Source, state: SourceStatus['state'], limitMs = 20_000): Promise<SourceStatus> {
  const passed = new Set<string>();
  await until(
    `the source is ${state}, and not ${statusOf(source).state}`,
    () => {
      const status = statusOf(source);
      passed.add(`${status.state} ${held(status).length}`);
      return status.state === state;
    },
    { limitMs },
  );
  // At no moment did it say that it reads, and nothing.
  expect([...passed]).not.toContain('reading 0');
  return statusOf(source);
}

function held({ partitions }: SourceStatus): readonly number[] {
  return partitions.filter(({ isHeld }) => isHeld).map(({ number }) => number);
}

describe.skipIf(!isHere)('the status of a source', () => {
  test('tells which partitions it holds, of all that there are, through a rebalance and a takeover', async () => {
    const [first, second] = [testBus(proxied), testBus(proxied, { instance: 'b' })];
    const topic = await aTopic(first, { partitions: 1 });
    const [a, b] = [first.subscribe(topic, { group: topic.name }), second.subscribe(topic, { group: topic.name })];
    expect(statusOf(a)).toMatchObject({ state: 'idle', assignments: 0, partitions: [{ number: 0, isHeld: false }] });
    const reading = read(a, { settleAs: 'done' });
    expect(held(await comesTo(a, 'reading'))).toEqual([0]);
    expect(statusOf(a).assignments).toBe(1);
    const joining = read(b, { settleAs: 'done' });
    await until('one of them stands by', () => [a, b].map((source) => statusOf(source).state).includes('standby'));
    await until('the other reads', () => [a, b].map((source) => statusOf(source).state).includes('reading'));
    expect(held(statusOf(a)).length + held(statusOf(b)).length).toBe(1);
    expect(statusOf(a).assignments).toBeGreaterThan(1);
    const [reader, waiting] = statusOf(a).state === 'reading' ? [reading, b] : [joining, a];
    reader.unsubscribe();
    expect(held(await comesTo(waiting, 'reading'))).toEqual([0]);
    expect(held(await comesTo(waiting === a ? b : a, 'idle'))).toEqual([]);
    expect(Object.values(statusOf(waiting).replaced)).toEqual([0, 0, 0, 0, 0]);
  });

  test('tells how long a partition that is asked gives no answer, and nothing of one that is not asked', async () => {
    const [bus, patient] = [testBus(proxied, { timeLimitMs: 500, sessionTimeoutMs: 10_000 }), testBus(proxied)];
    const topic = await aTopic(patient, { partitions: 2 });
    const source = bus.subscribe(topic, { group: topic.name });
    // No room: of the one partition that has messages no more is asked for once enough is read ahead.
    await publish(
      patient,
      topic,
      Array.from({ length: 1_500 }, (_, number) => ({ key: 'k', value: Buffer.from(String(number)) })),
    );
    read(source, { window: 0 });
    await comesTo(source, 'reading');
    const answered = (): readonly number[] => statusOf(source).partitions.map(({ silentMs }) => silentMs);
    await until('one is full: not asked', () => answered().filter((silentMs) => silentMs === 0).length === 1);
    await until('the other answers in time', () => Math.max(...answered()) < 500);
    proxy.hole();
    try {
      const silent = await comesTo(source, 'silent');
      const [number] = silent.partitions.filter(({ silentMs }) => silentMs > 500).map((partition) => partition.number);
      expect(silent.reason).toBe(`no answer for partition ${number}`);
      expect(answered().filter((silentMs) => silentMs === 0)).toHaveLength(1);
    } finally {
      proxy.pass();
    }
    await comesTo(source, 'reading');
  });

  test('is away, with why and since when, from a member that fell silent until one has joined again; each is counted once', async () => {
    const bus = testBus(proxied, { sessionTimeoutMs: 2_000 });
    const topic = await aTopic(bus);
    const source = bus.subscribe(topic, { group: topic.name });
    read(source, { settleAs: 'done' });
    await comesTo(source, 'reading');
    proxy.hole();
    const away = await comesTo(source, 'away');
    expect(away.reason).toContain('gave no sign for two session timeouts');
    expect(held(away)).toEqual([]);
    expect(away.replaced).toMatchObject({ silent: 1, lost: 0 });
    proxy.refuse();
    proxy.cut();
    await until('it says so of what it tried since', () => statusOf(source).reason !== away.reason);
    expect(statusOf(source)).toMatchObject({ state: 'away', sinceMs: away.sinceMs });
    proxy.pass();
    const back = await comesTo(source, 'reading');
    expect(back.reason).toBe('');
    expect(Object.values(back.replaced).reduce((sum, count) => sum + count)).toBe(1);
    expect(back.assignments).toBe(2);
  });

  test('is away while its topic is missing', async () => {
    const bus = testBus(proxied);
    const topic = await aTopic(bus);
    const missing = { ...topic, name: `${topic.name}.missing` };
    const source = bus.subscribe(missing, { group: topic.name });
    read(source);
    expect((await comesTo(source, 'away')).reason).toBe('a topic is missing in Kafka: run weir migrate');
    expect(statusOf(source).replaced.refused).toBe(0);
    await bus.provide([missing]);
    await comesTo(source, 'reading');
  });
});
