import { beforeAll, describe, expect, test } from 'vitest';
import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import { openClient } from '../../../src/connectors/kafka/client.ts';
import { withDefaults, type KafkaOptions } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { Member, type MemberEvents } from '../../../src/connectors/kafka/member.ts';
import type { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { freePort } from '../../../stack/freePort.ts';
import type { Service } from '../../../stack/service.ts';
import { aMessage, aTopic, messages, publish } from '../../conformance/busHarness.ts';
import type { Reading } from '../../conformance/reading.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { aKafkaBus, readTopic, testBus } from './aKafkaBus.ts';
import { committed, groupState, logOf, plainAdmin } from './plainKafka.ts';

const isHere = sharedKafka() !== undefined;

/** A broker that can be ended and frozen, and one that clients reach through a proxy alone. */
let own: Service;
let direct: string;
let proxy: TcpProxy;
let proxied: string;
beforeAll(async () => {
  if (!isHere) return undefined;
  own = await aPrivateKafka();
  direct = `127.0.0.1:${own.port}`;
  const port = await freePort();
  proxy = await TcpProxy.start({ port });
  proxied = `127.0.0.1:${proxy.port}`;
  await aPrivateKafka({ port, settings: [`advertised.listeners=CLIENTS://${proxied}`] });
  return () => proxy.close();
});

describe.skipIf(!isHere)('a broker', () => {
  test('that is killed and started again while messages come and go loses none, and reading goes on', { timeout: 60_000 }, async () => {
    const bus = testBus(direct, { timeLimitMs: 1_000 });
    const topic = await aTopic(testBus(direct), { partitions: 2 });
    const reading = readTopic(bus, topic, { settleAs: 'done', window: 20 });
    const writing = new Writing(bus, topic);
    await until('some were acknowledged and some read', () => writing.acknowledged.length > 50 && reading.deliveries.length > 20);
    await own.kill('SIGKILL');
    await until('writing fails', () => writing.failures > 0);
    await own.start();
    const before = writing.acknowledged.length;
    await until('writing works again', () => writing.acknowledged.length > before + 50);
    await writing.end();
    await until('all came that were acknowledged', () => hasAll(reading, writing.acknowledged));
    await until('all is committed', async () => (await bus.oldestUnsettledAt(topic, { group: topic.name })) === undefined);
    expect(reading.error).toBeUndefined();
  });

  test('that is frozen for a while is told of, and afterwards everything goes on', async () => {
    const failures: WeirError[] = [];
    const aways: number[] = [];
    const report = { failed: (error: WeirError) => void failures.push(error), recovered: (awayMs: number) => void aways.push(awayMs) };
    const [bus, patient] = [testBus(direct, { timeLimitMs: 400, report }), testBus(direct)];
    const topic = await aTopic(patient);
    const reading = readTopic(bus, topic, { settleAs: 'done' });
    await publish(patient, topic, messages(0, 9));
    await reading.count(10);
    await until('all is committed', async () => (await bus.oldestUnsettledAt(topic, { group: topic.name })) === undefined);
    own.freeze();
    try {
      await expect(publish(bus, topic, messages(10, 10))).rejects.toMatchObject({ kind: 'transient' });
      await until('the reader noticed', () => failures.length > 0);
    } finally {
      own.thaw();
    }
    expect(failures[0]).toMatchObject({ kind: 'transient' });
    await until('writing works', async () => {
      await publish(bus, topic, messages(11, 11));
      return true;
    });
    await until('reading works', () => reading.numbers.includes(11));
    await until('it is told of', () => aways.length > 0);
    expect(reading.error).toBeUndefined();
  });
});

describe.skipIf(!isHere)('a consumer', () => {
  test('whose work takes longer than a session keeps its place, and nothing comes twice', async () => {
    const assigned: (readonly number[])[] = [];
    const report = { assigned: (_topic: string, _group: string, partitions: readonly number[]) => void assigned.push(partitions) };
    const [bus, admin] = [testBus(direct, { sessionTimeoutMs: 2_000, report }), await plainAdmin(direct)];
    const topic = await aTopic(bus);
    await publish(bus, topic, messages(0, 9));
    const reading = readTopic(bus, topic);
    await reading.count(10);
    const startedMs = performance.now();
    await until('two sessions have passed', () => performance.now() - startedMs > 4_200);
    await reading.settle();
    expect(await committed(admin, topic.name)).toEqual([10]);
    await publish(bus, topic, messages(10, 10));
    await reading.count(11);
    expect(reading.numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(assigned).toEqual([[0]]);
  });

  test('whose process was held up for longer than a session commits nothing of before, and gets it again', async () => {
    const [bus, admin] = [testBus(direct, { sessionTimeoutMs: 1_000 }), await plainAdmin(direct)];
    const topic = await aTopic(bus);
    await publish(bus, topic, messages(0, 9));
    const reading = readTopic(bus, topic);
    await reading.count(10);
    const old = reading.deliveries.slice();
    // Nobody else runs meanwhile, the client neither.
    const untilMs = performance.now() + 2_000;
    while (performance.now() < untilMs);
    await reading.settle(old);
    expect(await committed(admin, topic.name)).toEqual([-1]);
    await reading.count(20);
    expect(reading.numbers.slice(10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(reading.deliveries[10]?.epoch).toBeGreaterThan(old[0]?.epoch ?? 0);
    await reading.settle();
    expect(await committed(admin, topic.name)).toEqual([10]);
    expect(reading.error).toBeUndefined();
  });

  test('whose answer to a commit is lost commits again, and nothing comes twice', async () => {
    const [bus, admin] = [testBus(proxied), await plainAdmin(proxied)];
    const topic = await aTopic(bus);
    await publish(bus, topic, messages(0, 9));
    const reading = readTopic(bus, topic);
    await reading.count(10);
    const struck = proxy.strike(commitRequest, 'cutAfter');
    await reading.settle();
    await struck;
    expect(await committed(admin, topic.name)).toEqual([10]);
    await publish(bus, topic, messages(10, 10));
    await until('what is new came', () => reading.numbers.includes(10));
    expect(reading.numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(reading.error).toBeUndefined();
  });
});

/** A member of a group named as its topic. */
function aMember(brokers: string, topic: Topic, over: Partial<KafkaOptions & MemberEvents> = {}): Member {
  const settings = withDefaults({ brokers: [brokers], clock: realClock, instance: 'a', ...over });
  const nothing = (): void => undefined;
  const events = {
    joined: nothing,
    leaving: () => Promise.resolve(),
    read: () => false,
    answered: nothing,
    removed: nothing,
    silent: nothing,
    ...over,
  };
  return new Member(openClient(settings), settings, { topic: topic.name, group: topic.name }, events);
}

describe.skipIf(!isHere)('a member', () => {
  test('may be paused and resumed after its client has ended', async () => {
    const topic = await aTopic(testBus(direct));
    const joined = Promise.withResolvers<readonly number[]>();
    const member = aMember(direct, topic, { joined: joined.resolve });
    await member.start();
    expect(await joined.promise).toEqual([0]);
    await member.leave();
    expect(() => {
      member.pause(0);
      member.resume(0);
    }).not.toThrow();
    expect((await groupState(await plainAdmin(direct), topic.name)).members).toBe(0);
  });

  test('that leaves while it connects in vain leaves no connection when that works in the end', async () => {
    const bus = aKafkaBus(proxied);
    const topic = await aTopic(bus);
    await bus.close();
    await until('the bus is gone', () => proxy.connections === 0);
    proxy.hole();
    const member = aMember(proxied, topic, { timeLimitMs: 300 });
    const started = member.start();
    await until('it connects', () => proxy.connections > 0);
    await member.leave();
    proxy.pass();
    await Promise.all([started, proxy.strike(versionsRequest, 'pass')]);
    await until('no connection is left', () => proxy.connections === 0);
  });
});

describe.skipIf(!isHere)('a producer', () => {
  test('whose call outlives its time limit is replaced, and the lane goes on', async () => {
    const bus = testBus(proxied, { timeLimitMs: 1_500 });
    const topic = await aTopic(bus);
    const sink = bus.publish(topic);
    await sink.write([aMessage(0)]);
    const struck = proxy.strike(topic.name, 'holeAfter');
    const [first, second] = await Promise.allSettled([sink.write([aMessage(1)]), sink.write([aMessage(2)])]);
    await struck;
    expect([first.status, second.status]).toEqual(['fulfilled', 'fulfilled']);
    expect([...new Set(await logOf(proxied, topic.name))]).toEqual(['0', '1', '2']);
  });

  test('does not write later what was given up', async () => {
    const bus = testBus(proxied, { timeLimitMs: 300 });
    const topic = await aTopic(testBus(proxied));
    const sink = bus.publish(topic);
    await until('it is connected', async () => {
      await sink.write([aMessage(0)]);
      return true;
    });
    proxy.hole();
    await expect(sink.write([aMessage(1)])).rejects.toMatchObject({ kind: 'transient' });
    proxy.pass();
    await until('writing works', async () => {
      await sink.write([aMessage(2)]);
      return true;
    });
    const startedMs = performance.now();
    await until('whatever was still tried is over', () => performance.now() - startedMs > 2_000);
    expect([...new Set(await logOf(proxied, topic.name))]).toEqual(['0', '2']);
  });
});

/** How requests begin, behind their length: which one it is, its version, and a number below 65,536. */
const commitRequest = '\0\u0008\0\u0005\0\0';
const versionsRequest = '\0\u0012\0\u0002\0\0';

/** Writes one message after another, each until it is acknowledged. */
class Writing {
  readonly acknowledged: number[] = [];
  failures = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(bus: Bus, topic: Topic) {
    this.#done = this.#write(bus, topic);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #write(bus: Bus, topic: Topic): Promise<void> {
    const sink = bus.publish(topic);
    for (let number = 0; !this.#isOver;) {
      try {
        await sink.write([aMessage(number, 20)]);
        this.acknowledged.push(number);
        number += 1;
      } catch {
        this.failures += 1;
      }
    }
  }
}

function hasAll(reading: Reading, numbers: readonly number[]): boolean {
  const seen = new Set(reading.numbers);
  return numbers.every((number) => seen.has(number));
}
