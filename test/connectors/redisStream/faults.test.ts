import { beforeAll, describe, expect, test } from 'vitest';
import type { WeirError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aDeadLetter, aMessage, messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read, type Reading } from '../../conformance/reading.ts';
import { aPrivateRedis, aRedis } from '../../support/services.ts';
import type { Service } from '../../../stack/service.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { deliveryCounts, testBus, testClient } from './aRedisBus.ts';

let url: string;
let own: Service;
beforeAll(async () => {
  url = await aRedis();
  own = await aPrivateRedis({ isDurable: false });
});

function hasAll(reading: Reading, from: number, to: number): boolean {
  const seen = new Set(reading.numbers);
  return messages(from, to).every(({ value }) => seen.has(Number(value)));
}

describe('connections', () => {
  test('that are killed again and again in the middle of reads and acknowledgements lose nothing', async () => {
    const [topic, client] = [testTopic(), testClient(own.url)];
    const bus = testBus(own.url);
    const reading = read(bus.subscribe(topic, { group: 'g', readers: 2 }), { settleAs: 'done', window: 100 });
    for (let from = 0; from < 2_000; from += 100) {
      const pipeline = client.pipeline();
      for (let number = from; number < from + 100; number += 1) pipeline.xadd(topic.name, '*', 'value', String(number));
      await pipeline.exec();
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
    await until('all came', () => hasAll(reading, 0, 1_999));
    await until('all are acknowledged', async () => (await deliveryCounts(client, topic)).length === 0);
    expect(reading.error).toBeUndefined();
  });

  test('of a Redis that is silent are noticed, and reading goes on when it answers again', async () => {
    const topic = testTopic();
    const failures: WeirError[] = [];
    const bus = testBus(own.url, { timeLimitMs: 1_500, report: { failed: (error) => failures.push(error) } });
    await publish(bus, topic, messages(1, 1));
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await reading.count(1);
    own.freeze();
    try {
      await expect(publish(bus, topic, messages(2, 2))).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
      await until('the reader noticed', () => failures.some(({ code }) => code === 'timedOut'));
    } finally {
      own.thaw();
    }
    await until('writing works', async () => {
      await publish(bus, topic, messages(3, 3));
      return true;
    });
    await until('reading works', () => reading.numbers.includes(3));
    expect(reading.error).toBeUndefined();
  });

  test('that fall silent while Redis works are replaced, those for commands and those of readers', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
    const through = new URL(url);
    through.port = String(proxy.port);
    // Nothing else is under way on the connection for commands: what times out there first takes the rest with it, as lost.
    const bus = testBus(through.href, { timeLimitMs: 1_500, claimMinMs: 60_000, claimMaxMs: 60_000, idleLimitMs: 60_000 });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 1));
    await reading.count(1);
    await until('it is acknowledged', async () => (await deliveryCounts(client, topic)).length === 0);
    const struck = [proxy.strike('XREADGROUP', 'holeAfter'), proxy.strike('xadd', 'holeAfter')];
    await expect(publish(bus, topic, messages(2, 2))).rejects.toMatchObject({ code: 'timedOut', kind: 'transient' });
    await Promise.all(struck);
    await publish(bus, topic, messages(3, 3));
    await until('both came', () => hasAll(reading, 2, 3));
    await bus.close();
    await proxy.close();
  });

  test('are all closed at the end, also when Redis is silent', async () => {
    const [topic, client] = [testTopic(), testClient(own.url)];
    const bus = testBus(own.url, { timeLimitMs: 1_500 });
    const reading = read(bus.subscribe(topic, { group: 'g', readers: 3 }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 10));
    await reading.count(10);
    own.freeze();
    await bus.close();
    own.thaw();
    await until(
      'Redis knows one client only',
      async () =>
        String(await client.client('LIST'))
          .trim()
          .split('\n').length === 1,
    );
  });

  test('that are lost in the middle of an acknowledgement are replaced, and it is repeated', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
    const through = new URL(url);
    through.port = String(proxy.port);
    const bus = testBus(through.href);
    await publish(bus, topic, messages(1, 3));
    const reading = read(bus.subscribe(topic, { group: 'g' }));
    await reading.count(3);
    const struck = proxy.strike('XACK', 'cutBefore');
    await reading.settle();
    await struck;
    expect(await deliveryCounts(client, topic)).toEqual([]);
    await bus.close();
    await proxy.close();
  });

  test('that block are woken when the source drains', async () => {
    const topic = testTopic();
    const bus = testBus(url, { blockMs: 5_000, claimMinMs: 60_000, claimMaxMs: 60_000, idleLimitMs: 60_000 });
    const reading = read(bus.subscribe(topic, { group: 'g', readers: 2 }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 1));
    await reading.count(1);
    reading.drain();
    await until('it has completed, long before the reads would end', () => reading.hasCompleted, { limitMs: 2_500 });
  });

  test('that are refused at the start are tried until Redis is there', async () => {
    const topic = testTopic();
    const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
    proxy.refuse();
    const through = new URL(url);
    through.port = String(proxy.port);
    const failures: WeirError[] = [];
    const aways: number[] = [];
    const report = { failed: (error: WeirError) => void failures.push(error), recovered: (awayMs: number) => void aways.push(awayMs) };
    const bus = testBus(through.href, { report });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await until('it was refused', () => failures.length > 0);
    expect(failures[0]).toMatchObject({ code: 'unavailable', kind: 'transient' });
    proxy.pass();
    await publish(testBus(url), topic, messages(1, 3));
    await reading.count(3);
    await until('it is back', () => aways.length > 0);
    expect([failures.length, aways.length]).toEqual([1, 1]);
    await bus.close();
    await proxy.close();
  });
});

describe('a reader that waits after a failure', () => {
  test('ends at once when it is stopped', async () => {
    const topic = testTopic();
    const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
    proxy.refuse();
    const through = new URL(url);
    through.port = String(proxy.port);
    // The first wait is 50 ms times this chance; it never ends by itself.
    let isWaiting = false;
    const clock: Clock = {
      ...realClock,
      random: () => 0.75,
      after: (delayMs, work) => {
        if (delayMs !== 37.5) return realClock.after(delayMs, work);
        isWaiting = true;
        return () => undefined;
      },
    };
    const reading = read(testBus(through.href, { clock }).subscribe(topic, { group: 'g' }));
    await until('it waits', () => isWaiting);
    reading.drain();
    await reading.completed();
    await proxy.close();
  });
});

describe('Redis', () => {
  test('that lost all its data is read from the beginning', async () => {
    const [topic, client] = [testTopic(), testClient(own.url)];
    const bus = testBus(own.url);
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 3));
    await reading.count(3);
    await client.flushall();
    await publish(bus, topic, messages(4, 6));
    await until('what came afterwards was read', () => hasAll(reading, 4, 6));
    expect(reading.error).toBeUndefined();
  });

  test('that forgot the scripts gets them again', async () => {
    const [topic, client] = [testTopic(), testClient(own.url)];
    const source = testBus(own.url).subscribe(topic, { group: 'g' });
    await source.deadLetter(aDeadLetter({ position: '1-1' }));
    await client.script('FLUSH');
    await source.deadLetter(aDeadLetter({ position: '2-1' }));
    expect(await client.xlen(topic.deadLetters)).toBe(2);
  });

  test('that has become a replica, or is full, is an error that passes, and a replica is connected to anew', async () => {
    const [topic, client] = [testTopic(), testClient(own.url)];
    const bus = testBus(own.url);
    await publish(bus, topic, messages(1, 1));
    await client.replicaof('127.0.0.1', 1);
    const connection = async (): Promise<string | undefined> =>
      /id=(\d+) [^\n]* name=weir-a /.exec(String(await client.client('LIST')))?.[1];
    const before = await connection();
    await expect(publish(bus, topic, messages(2, 2))).rejects.toMatchObject({ code: 'unavailable', kind: 'transient' });
    await client.replicaof('NO', 'ONE');
    await publish(bus, topic, messages(3, 3));
    // The address may lead to the new master by now, the old connection does not.
    expect(await connection()).not.toBe(before);
    await client.config('SET', 'maxmemory', '1');
    await expect(publish(bus, topic, messages(4, 4))).rejects.toMatchObject({ code: 'unavailable', message: 'Redis answers OOM' });
    await client.config('SET', 'maxmemory', '0');
    await publish(bus, topic, messages(5, 5));
  });

  test('that refuses the password, or holds something else under the name, fails the source for good', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const wrong = new URL(url);
    wrong.password = 'wrong';
    const refused = read(testBus(wrong.href).subscribe(topic, { group: 'g' }));
    await until('it failed', () => refused.error !== undefined);
    expect(refused.error).toMatchObject({ code: 'refused' });
    expect(String(refused.error)).not.toContain('wrong');

    await client.set(topic.name, 'not a stream');
    const bus = testBus(url);
    await expect(bus.provide([topic])).rejects.toMatchObject({ code: 'schemaMismatch' });
    const typed = read(bus.subscribe(topic, { group: 'g' }));
    await until('it failed', () => typed.error !== undefined);
    expect(typed.error).toMatchObject({ code: 'refused' });
  });

  test('whose answer to a write was lost may hold it twice, and the error says to try again', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    const proxy = await TcpProxy.start({ port: Number(new URL(url).port) });
    const through = new URL(url);
    through.port = String(proxy.port);
    const bus = testBus(through.href);
    const sink = bus.publish(topic);
    await sink.write([aMessage(1)]);
    const struck = proxy.strike('xadd', 'cutAfter');
    await expect(sink.write([aMessage(2)])).rejects.toMatchObject({ kind: 'transient' });
    await struck;
    await sink.write([aMessage(2)]);
    expect(await client.xlen(topic.name)).toBe(3);
    await bus.close();
    await proxy.close();
  });
});
