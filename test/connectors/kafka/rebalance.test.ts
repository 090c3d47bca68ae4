import { describe, expect, onTestFinished, test } from 'vitest';
import type { KafkaReport } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { aTopic, messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read, Reading } from '../../conformance/reading.ts';
import { sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { aKafkaBus, readTopic, testBus } from './aKafkaBus.ts';
import { committed, groupState, plainAdmin } from './plainKafka.ts';

const brokers = sharedKafka() ?? '';

/** The numbers that came to any of them, in order, with their repetitions. */
function numbersOf(...readings: readonly Reading[]): readonly number[] {
  return readings.flatMap(({ numbers }) => numbers).toSorted((a, b) => a - b);
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last + 1 }, (_, number) => number);
}

/** Partitions as they are assigned, each time. */
function assignments(): { readonly report: KafkaReport; readonly assigned: (readonly number[])[] } {
  const assigned: (readonly number[])[] = [];
  return { report: { assigned: (_topic, _group, partitions) => void assigned.push(partitions) }, assigned };
}

/** Remembers how much of what had been read ahead was ever waiting for room. */
class MeasuredReading extends Reading {
  mostWaiting = 0;

  override take(max: number, partition: string, signal: AbortSignal): Promise<number> {
    this.mostWaiting = Math.max(this.mostWaiting, max);
    return super.take(max, partition, signal);
  }
}

describe.skipIf(brokers === '')('a second member', () => {
  test('gets nothing that the first has in flight and finishes in time', async () => {
    const [first, second, admin] = [testBus(brokers), testBus(brokers, { instance: 'b' }), await plainAdmin(brokers)];
    const topic = await aTopic(first, { partitions: 4 });
    await publish(first, topic, messages(0, 39, 20));
    const a = readTopic(first, topic);
    await a.count(40);
    const b = readTopic(second, topic, { settleAs: 'done' });
    await until('the group waits for the first', async () => (await groupState(admin, topic.name)).state === 'PreparingRebalance');
    const startedMs = performance.now();
    await until('the first has been told so by several heartbeats', () => performance.now() - startedMs > 500);
    await a.settle();
    await until('both are members', async () => {
      const { members, state } = await groupState(admin, topic.name);
      return members === 2 && state === 'Stable';
    });
    await publish(first, topic, messages(40, 79, 20));
    await until('the rest came', () => numbersOf(a, b).length >= 80);
    await a.settle();
    expect(b.deliveries.length).toBeGreaterThan(0);
    expect(numbersOf(a, b)).toEqual(upTo(79));
    expect([a.error, b.error]).toEqual([undefined, undefined]);
  });

  test('does not push out a first that has work in flight for longer than a session, and less than half of the time to join', async () => {
    const times = { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 20_000 };
    const [first, second, admin] = [testBus(brokers, times), testBus(brokers, { instance: 'b', ...times }), await plainAdmin(brokers)];
    const topic = await aTopic(first, { partitions: 2 });
    await publish(first, topic, messages(0, 19, 20));
    const source = first.subscribe(topic, { group: topic.name });
    const a = read(source);
    await a.count(20);
    const b = readTopic(second, topic);
    await until('the group waits for the first', async () => (await groupState(admin, topic.name)).state === 'PreparingRebalance');
    const startedMs = performance.now();
    await until('two sessions have passed', () => performance.now() - startedMs > 4_500);
    expect(await groupState(admin, topic.name)).toEqual({ members: 2, state: 'PreparingRebalance' });
    await a.settle();
    await until('both hold a partition', () => source.status?.()?.partitions.filter(({ isHeld }) => isHeld).length === 1);
    await publish(first, topic, messages(20, 39, 20));
    await until('the rest came', () => numbersOf(a, b).length >= 40);
    expect(numbersOf(a, b)).toEqual(upTo(39));
    expect(source.status?.()?.replaced).toMatchObject({ lost: 0, silent: 0 });
    expect([a.error, b.error]).toEqual([undefined, undefined]);
  });

  test('is given what the first did not finish in time, and the first commits nothing of it afterwards', async () => {
    const times = { rebalanceTimeoutMs: 3_000 };
    const [first, second, admin] = [testBus(brokers, times), testBus(brokers, { instance: 'b', ...times }), await plainAdmin(brokers)];
    const topic = await aTopic(first, { partitions: 2 });
    await publish(first, topic, messages(0, 19, 20));
    const a = readTopic(first, topic);
    await a.count(20);
    const old = [...a.deliveries];
    const b = readTopic(second, topic);
    await until('the second got some', () => b.deliveries.length > 0);
    await a.settle(old);
    expect(await committed(admin, topic.name)).toEqual([-1, -1]);
    await until('the rest came to the first again, under a new epoch', () => numbersOf(a, b).length === 40);
    expect(a.deliveries.slice(20).every(({ epoch }) => epoch > (old[0]?.epoch ?? 0))).toBe(true);
    await Promise.all([a.settle(), b.settle()]);
    expect((await committed(admin, topic.name)).reduce((sum, offset) => sum + offset, 0)).toBe(20);
    expect([a.error, b.error]).toEqual([undefined, undefined]);
  });

  test('that comes and goes brings nothing back to the first that is in flight there', async () => {
    const times = { rebalanceTimeoutMs: 600 };
    const { report, assigned } = assignments();
    const [first, second] = [testBus(brokers, { ...times, report }), testBus(brokers, { instance: 'b', ...times })];
    const topic = await aTopic(first);
    await publish(first, topic, messages(0, 9));
    const a = readTopic(first, topic);
    await a.count(10);
    const b = readTopic(second, topic);
    await until('the first held the partition, or not, again', () => assigned.length > 1);
    b.unsubscribe();
    await until('the first is alone again', () => assigned.at(-1)?.length === 1 && assigned.length > 2);
    // Two more turns of the group, in which the member has had the time to read the partition again.
    for (let turns = assigned.length; turns < 6; turns = assigned.length) {
      const visitor = readTopic(second, topic);
      await until('the group turned', () => assigned.length > turns);
      visitor.unsubscribe();
    }
    await until('the first is alone again', () => assigned.at(-1)?.length === 1);
    expect(a.numbers).toEqual(upTo(9));
    await a.settle();
    await until('all came again', () => a.deliveries.length >= 20);
    expect(a.numbers.slice(10)).toEqual(upTo(9));
    expect(a.error).toBeUndefined();
  });

  test('waits to be let in for longer than a call may take', async () => {
    const failures: unknown[] = [];
    const times = { rebalanceTimeoutMs: 10_000 };
    const report = { failed: (error: unknown) => void failures.push(error) };
    const [first, second] = [testBus(brokers, times), testBus(brokers, { instance: 'b', ...times, timeLimitMs: 1_000, report })];
    const topic = await aTopic(first, { partitions: 2 });
    await publish(first, topic, messages(0, 19, 20));
    const a = readTopic(first, topic);
    await a.count(20);
    const startedMs = performance.now();
    const b = readTopic(second, topic, { settleAs: 'done' });
    await until('it has waited for longer than three calls', () => performance.now() - startedMs > 3_200);
    await a.settle();
    await publish(first, topic, messages(20, 39, 20));
    await until('all came', () => numbersOf(a, b).length >= 40);
    expect(failures).toEqual([]);
    expect(numbersOf(a, b)).toEqual(upTo(39));
  });

  test('that is closed while it waits to be let in does not stay in the group', async () => {
    const times = { sessionTimeoutMs: 20_000, rebalanceTimeoutMs: 6_000, heartbeatMs: 100 };
    const second = aKafkaBus(brokers, { instance: 'b', ...times, timeLimitMs: 500 });
    const [first, admin] = [testBus(brokers, times), await plainAdmin(brokers)];
    const topic = await aTopic(first, { partitions: 2 });
    await publish(first, topic, messages(0, 19, 20));
    const a = readTopic(first, topic);
    await a.count(20);
    readTopic(second, topic);
    await until('the group waits for the first', async () => (await groupState(admin, topic.name)).state === 'PreparingRebalance');
    await second.close();
    await a.settle();
    await publish(first, topic, messages(20, 59, 20));
    await until('all came to the first', async () => {
      await a.settle();
      return a.deliveries.length >= 60;
    });
    expect((await groupState(admin, topic.name)).members).toBe(1);
    expect(a.numbers.toSorted((x, y) => x - y)).toEqual(upTo(59));
  });
});

describe.skipIf(brokers === '')('a member', () => {
  test('that waits for others to join is not taken for silent', async () => {
    const rebuilt: number[] = [];
    const times = { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 20_000 };
    const report = { rebuilt: (_topic: string, _group: string, count: number) => void rebuilt.push(count) };
    const idle = testBus(brokers, { instance: 'b', ...times, report });
    const [busy, admin] = [testBus(brokers, times), await plainAdmin(brokers)];
    const topic = await aTopic(busy, { partitions: 2 });
    const [a, b] = [readTopic(busy, topic), readTopic(idle, topic)];
    await until('both are members', async () => {
      const { members, state } = await groupState(admin, topic.name);
      return members === 2 && state === 'Stable';
    });
    await publish(busy, topic, messages(0, 19, 20));
    await until('all came', () => numbersOf(a, b).length === 20);
    await b.settle();
    readTopic(testBus(brokers, { instance: 'c', ...times }), topic, { settleAs: 'done' });
    await until('the group waits for the first', async () => (await groupState(admin, topic.name)).state === 'PreparingRebalance');
    const startedMs = performance.now();
    await until('two session timeouts have passed', () => performance.now() - startedMs > 4_600);
    await a.settle();
    await until('all three are members', async () => {
      const { members, state } = await groupState(admin, topic.name);
      return members === 3 && state === 'Stable';
    });
    expect(rebuilt).toEqual([]);
  });

  test('reads partitions that are added, from their beginning', async () => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus);
    const reading = readTopic(bus, topic, { settleAs: 'done' });
    await publish(bus, topic, messages(0, 0));
    await reading.count(1);
    const larger = { ...topic, partitions: 3 };
    await bus.provide([larger]);
    // Whoever writes knows of them before the reader does.
    await publish(testBus(brokers), larger, messages(1, 50, 50));
    // A part of a batch may be written again, where another part's partition is not ready yet.
    await until('all came', () => new Set(reading.numbers).size === 51);
    expect(new Set(reading.deliveries.map(({ partition }) => partition)).size).toBe(3);
    const places = reading.deliveries.map(({ partition, position }) => `${partition} ${position}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test('reads a topic that is missing once it is made', async () => {
    const failures: unknown[] = [];
    const bus = testBus(brokers, { report: { failed: (error) => void failures.push(error) } });
    const topic = testTopic();
    const reading = readTopic(bus, topic, { settleAs: 'done' });
    await until('it was missed', () => failures.length > 0);
    expect(failures[0]).toMatchObject({ code: 'notFound', kind: 'transient' });
    await bus.provide([topic]);
    await publish(bus, topic, messages(0, 9));
    await reading.count(10);
    expect(reading.numbers).toEqual(upTo(9));
  });

  test('that is far slower than what comes reads little ahead', async () => {
    const bus = testBus(brokers);
    const topic = await aTopic(bus);
    const value = Buffer.alloc(1_000, 'x');
    const sink = bus.publish(topic);
    for (let piece = 0; piece < 20; piece += 1) await sink.write(Array.from({ length: 1_000 }, () => ({ key: 'k', value })));
    const reading = new MeasuredReading(bus.subscribe(topic, { group: topic.name }), { window: 10, settleAs: 'done' });
    onTestFinished(() => reading.unsubscribe());
    await reading.count(5_000);
    // The mark, and one answer of a megabyte above it.
    expect(reading.mostWaiting).toBeLessThanOrEqual(2_100);
    reading.window = 1_000;
    reading.wake();
    await reading.count(20_000);
    expect(reading.mostWaiting).toBeLessThanOrEqual(2_100);
  });
});
