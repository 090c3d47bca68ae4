import { describe, expect, test } from 'vitest';
import { GroupReading } from '../../../src/connectors/kafka/groupReading.ts';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { Outage } from '../../../src/connectors/outage.ts';
import { SourceRecord, type SourceStatus } from '../../../src/connectors/sourceStatus.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { aRun } from '../../support/aRun.ts';
import { scriptedKafka, type Script, type ScriptedClient } from './scriptedKafka.ts';

const sessionTimeoutMs = 1_000;

interface Made {
  readonly reading: GroupReading;
  readonly clock: VirtualClock;
  readonly clients: readonly ScriptedClient[];
  readonly hooks: ReturnType<typeof scriptedKafka>['hooks'];
  readonly errors: unknown[];
  /** How often it was told that a member was replaced, each time with the count in a row. */
  readonly rebuilt: number[];
  /** What was told of outages: each that began, and each that was over. */
  readonly outages: string[];
  readonly status: () => SourceStatus;
}

/** A reading whose members join at once, or do what the script says, and then what the test says. */
function aReading(partitions: readonly number[] = [0], script?: Script): Made {
  const clock = virtualClock(new Date(0));
  const rebuilt: number[] = [];
  const report = { rebuilt: (_topic: string, _group: string, count: number) => void rebuilt.push(count) };
  const settings = withDefaults({ brokers: [], clock, instance: 'a', sessionTimeoutMs, report });
  const record = new SourceRecord(clock, settings.timeLimitMs);
  const { kafka, clients, hooks } = scriptedKafka(partitions, script);
  const errors: unknown[] = [];
  const outages: string[] = [];
  const told = { failed: () => void outages.push('failed'), recovered: () => void outages.push('recovered') };
  let epoch = 0;
  const reading = new GroupReading({
    ...{ kafka, settings, record, group: 'g', stopped: aRun().draining },
    topic: testTopic({ name: 't' }),
    outage: new Outage(clock, told),
    room: { take: () => new Promise(() => undefined), giveBack: () => undefined },
    subscriber: { next: () => undefined, error: (error: unknown) => void errors.push(error) },
    nextEpoch: () => (epoch += 1),
  });
  const status = (): SourceStatus =>
    record.status(reading.held().map(({ partition, silentMs }) => ({ number: partition, isHeld: true, silentMs })));
  return { reading, clock, clients, hooks, errors, rebuilt, outages, status };
}

describe('a reading', () => {
  test('whose members fall silent one after another replaces three, is wedged with the fourth, and says so', async () => {
    const { reading, clock, clients, errors, rebuilt, status } = aReading();
    const run = reading.run();
    await clock.advance(0);
    expect(status().state).toBe('reading');
    while (errors.length === 0) await clock.step();
    await run;
    expect(clients).toHaveLength(4);
    expect(rebuilt).toEqual([1, 2, 3, 4]);
    expect(errors).toMatchObject([{ code: 'wedged' }]);
    expect(status()).toMatchObject({ state: 'wedged', replaced: { silent: 4, lost: 0 }, assignments: 4 });
    expect(status().reason).toContain('4 members of g in a row gave no sign');
  });

  test.each([
    ['lost', 'REQUEST_TIMED_OUT'],
    ['refused', 'TOPIC_AUTHORIZATION_FAILED'],
    ['refused', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ] as const)('counts a member as %s that ended by %s, is away, and reads with the next', async (reason, type) => {
    const { reading, clock, clients, status } = aReading();
    const run = reading.run();
    await clock.advance(0);
    clients[0]?.crash(type);
    await clock.advance(0);
    const away = status();
    expect(away).toMatchObject({ state: 'away', partitions: [], replaced: { [reason]: 1 } });
    expect(away.reason).not.toBe('');
    await clock.step();
    expect(status()).toMatchObject({ state: 'reading', reason: '', replaced: { [reason]: 1 }, assignments: 2 });
    reading.end();
    expect(status()).toMatchObject({ state: 'idle', partitions: [] });
    await run;
    expect(status().state).toBe('idle');
  });

  test('whose members are let in and may not read joins ever more rarely, and tells of one outage', async () => {
    const { reading, clock, clients, outages } = aReading([0], (client) => {
      client.join();
      client.crash('TOPIC_AUTHORIZATION_FAILED');
    });
    const run = reading.run();
    await clock.advance(60_000);
    // Waits of 5 s at most, some of them shorter by chance.
    expect(clients.length).toBeGreaterThan(5);
    expect(clients.length).toBeLessThan(40);
    expect(outages).toEqual(['failed']);
    reading.end();
    await run;
  });

  test('is told to work again by the first answer to a read, and then does not wait for long', async () => {
    const { reading, clock, clients, hooks, outages } = aReading();
    const run = reading.run();
    for (let failures = 1; failures <= 8; failures += 1) {
      await clock.advance(0);
      clients.at(-1)?.crash('REQUEST_TIMED_OUT');
      while (clients.length === failures) await clock.step();
    }
    await clock.advance(0);
    expect(outages).toEqual(['failed']);
    hooks.at(-1)?.answered?.(0, 0n);
    expect(outages).toEqual(['failed', 'recovered']);
    const beforeMs = clock.elapsedMs();
    clients.at(-1)?.crash('REQUEST_TIMED_OUT');
    while (clients.length === 9) await clock.step();
    expect(clock.elapsedMs() - beforeMs).toBeLessThanOrEqual(200);
    reading.end();
    await run;
  });

  test('whose member holds nothing works again when that is let in', async () => {
    const { reading, clock, clients, outages } = aReading([]);
    const run = reading.run();
    await clock.advance(0);
    clients[0]?.crash('REQUEST_TIMED_OUT');
    while (clients.length < 2) await clock.step();
    await clock.advance(0);
    expect(outages).toEqual(['failed', 'recovered']);
    reading.end();
    await run;
  });

  test('tells that its member has failed before it has left, which takes as long as a call may', async () => {
    const { reading, clock, clients, outages } = aReading();
    const run = reading.run();
    await clock.advance(0);
    const [client] = clients;
    if (client === undefined) throw new Error('no member was made');
    client.disconnect = () => new Promise(() => undefined);
    client.crash('REQUEST_TIMED_OUT');
    await clock.advance(0);
    expect(outages).toEqual(['failed']);
    reading.end();
    await clock.advance(60_000);
    await run;
  });

  test('whose member holds nothing stands by', async () => {
    const { reading, clock, status } = aReading([]);
    const run = reading.run();
    await clock.advance(0);
    expect(status()).toMatchObject({ state: 'standby', assignments: 1 });
    reading.end();
    await run;
  });

  test('whose member ends while it gives up its partitions leaves those of the next alone', async () => {
    const { reading, clock, clients, hooks } = aReading();
    const run = reading.run();
    await clock.advance(0);
    const heartbeat = Promise.withResolvers<undefined>();
    const leaving = hooks[0]?.beforeJoin?.(() => heartbeat.promise);
    clients[0]?.crash('REQUEST_TIMED_OUT');
    while (clients.length < 2) await clock.step();
    await clock.advance(0);
    heartbeat.resolve(undefined);
    await clock.advance(0);
    await leaving;
    expect(reading.held().map(({ epoch }) => epoch)).toEqual([2]);
    reading.end();
    await run;
  });
});
