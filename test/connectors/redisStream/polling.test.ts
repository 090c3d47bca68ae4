import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aDeadLetter, messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aPrivateRedis, aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { aProxiedRedis } from './aProxiedRedis.ts';
import { deliveryCounts, testBus, testClient } from './aRedisBus.ts';

let url: string;
beforeAll(async () => {
  url = await aRedis();
});

/** Nothing but new entries is looked for. */
const onlyNew = { claimMinMs: 60_000, claimMaxMs: 60_000, idleLimitMs: 60_000 };

/** Whether a connection of instance `a` waits in a blocking read. */
async function isBlocked(client: Redis): Promise<boolean> {
  return /name=weir-a-1 [^\n]*flags=b /.test(String(await client.client('LIST')));
}

/** A clock that can be put ahead. */
function leapingClock(): { readonly clock: Clock; readonly leap: (ms: number) => void } {
  let aheadMs = 0;
  return {
    clock: { ...realClock, elapsedMs: () => realClock.elapsedMs() + aheadMs },
    leap: (ms) => void (aheadMs += ms),
  };
}

describe('a Redis that never answers blocking reads', () => {
  test('is polled from the start, and read with blocking again when it answers them', async () => {
    const [topic, client, { proxy, url: through }] = [testTopic(), testClient(url), await aProxiedRedis(url)];
    const told: boolean[] = [];
    const { clock, leap } = leapingClock();
    const heal = proxy.strikeAll('BLOCK', 'holeAfter');
    const bus = testBus(through, { clock, report: { polling: (isPolling) => told.push(isPolling) } });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 3));
    await reading.count(3);
    leap(31_000);
    await until('it is probed again', () => proxy.connections === 3);
    await until('and found as before', () => proxy.connections === 2);
    await publish(bus, topic, messages(4, 4));
    await reading.count(4);
    expect(told).toEqual([true]);
    heal();
    leap(31_000);
    await until('it is found to answer', () => told.length > 1);
    await until('it blocks again', () => isBlocked(client));
    await publish(bus, topic, messages(5, 5));
    await reading.count(5);
    expect(told).toEqual([true, false]);
    expect(reading.deliveries.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
  });

  test('after it used to is polled from then on, and what it answered nobody comes again', async () => {
    const [topic, client, { proxy, url: through }] = [testTopic(), testClient(url), await aProxiedRedis(url)];
    const told: boolean[] = [];
    const { clock, leap } = leapingClock();
    const bus = testBus(through, { clock, report: { polling: (isPolling) => told.push(isPolling) } });
    const reading = read(bus.subscribe(topic, { group: 'g', readers: 2 }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 1));
    await reading.count(1);
    const heal = proxy.strikeAll('BLOCK', 'holeAfter');
    await until('it polls', async () => {
      await publish(bus, topic, messages(2, 2));
      return told.length > 0;
    });
    await publish(bus, topic, messages(3, 3));
    await until('what came last was read', () => reading.numbers.includes(3));
    await until('all are acknowledged', async () => (await deliveryCounts(client, topic)).length === 0);
    const length = await client.xlen(topic.name);
    expect(new Set(reading.deliveries.map(({ position }) => position)).size).toBe(length);
    expect(told).toEqual([true]);
    heal();
    leap(31_000);
    await until('it blocks again', () => told.length > 1);
    await publish(bus, topic, messages(4, 4));
    await until('what came then was read', () => reading.numbers.includes(4));
    expect(reading.error).toBeUndefined();
  });

  test.each(['from the start', 'after it used to'])('and cuts the connection instead, %s, is polled', async (since) => {
    const [topic, { proxy, url: through }] = [testTopic(), await aProxiedRedis(url)];
    const told: boolean[] = [];
    const cut = (): unknown => proxy.strikeAll('BLOCK', 'cutBefore');
    if (since === 'from the start') cut();
    const bus = testBus(through, { report: { polling: (isPolling) => told.push(isPolling) } });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 3));
    await reading.count(3);
    if (since !== 'from the start') cut();
    await until('it polls', async () => {
      await publish(bus, topic, messages(4, 4));
      return told.length > 0;
    });
    await publish(bus, topic, messages(5, 5));
    await until('what came last was read', () => reading.numbers.includes(5));
    expect(told).toEqual([true]);
    await bus.close();
  });

  test('is polled on while it is probed again', async () => {
    const [topic, { proxy, url: through }] = [testTopic(), await aProxiedRedis(url)];
    const leaping = leapingClock();
    let isFound = false;
    // Once it polls, no probe ends.
    const clock: Clock = {
      ...leaping.clock,
      after: (delayMs, work) => (isFound && delayMs === 2_010 ? () => undefined : realClock.after(delayMs, work)),
    };
    proxy.strikeAll('weir:probe', 'holeAfter');
    const bus = testBus(through, { clock, report: { polling: () => void (isFound = true) } });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await until('it polls', () => isFound);
    await until('the probe has ended', () => proxy.connections < 3);
    leaping.leap(31_000);
    await until('it is probed again, beside the connections for commands and of the reader', async () => {
      await publish(bus, topic, messages(1, 1));
      return proxy.connections === 3;
    });
    await publish(bus, topic, messages(2, 2));
    await until('what came meanwhile was read', () => reading.numbers.includes(2));
    await bus.close();
    await until('the probe has ended too', () => proxy.connections === 0);
  });

  test('since it does not know them is polled too', async () => {
    const own = await aPrivateRedis({ isDurable: false, settings: ['rename-command XREAD ""'] });
    const topic = testTopic();
    const told: boolean[] = [];
    const bus = testBus(own.url, { report: { polling: (isPolling) => told.push(isPolling) } });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await publish(bus, topic, messages(1, 3));
    await reading.count(3);
    expect(told).toEqual([true]);
    expect(reading.error).toBeUndefined();
  });

  test('is asked at once after it had something, and twice as late each time it had not, up to a second', async () => {
    const [topic, { proxy, url: through }] = [testTopic(), await aProxiedRedis(url)];
    const pacesMs = [5, 10, 20, 40, 80, 160, 320, 640, 1_000];
    const waited: number[] = [];
    // The waits are told and cut short.
    const clock: Clock = {
      ...realClock,
      after: (delayMs, work) => {
        if (!pacesMs.includes(delayMs)) return realClock.after(delayMs, work);
        waited.push(delayMs);
        return realClock.after(1, work);
      },
    };
    proxy.strikeAll('BLOCK', 'holeAfter');
    const bus = testBus(through, { clock, ...onlyNew });
    const reading = read(bus.subscribe(topic, { group: 'g' }), { settleAs: 'done' });
    await until('it is asked once a second', () => waited.length >= 11);
    expect(waited.slice(0, 11)).toEqual([...pacesMs, 1_000, 1_000]);
    await publish(bus, topic, messages(1, 3));
    await reading.count(3);
    await until('it is asked soon again', () => waited.lastIndexOf(5) > 0);
    const anew = waited.lastIndexOf(5);
    await until('and later and later', () => waited.length >= anew + 3);
    expect(waited.slice(anew, anew + 3)).toEqual([5, 10, 20]);
  });
});

describe('a blocking read', () => {
  test('holds up no other command', async () => {
    const [topic, client] = [testTopic(), testClient(url)];
    // What waited behind it would be late.
    const bus = testBus(url, { blockMs: 5_000, timeLimitMs: 2_000, ...onlyNew });
    const source = bus.subscribe(topic, { group: 'g' });
    const reading = read(source);
    await publish(bus, topic, messages(1, 2));
    await reading.count(2);
    await until('it blocks', () => isBlocked(client));
    const other = testTopic();
    await publish(bus, other, messages(1, 500));
    await reading.settle();
    await source.deadLetter(aDeadLetter());
    expect(await source.lag?.()).toBe(0);
    await bus.reach(2_000);
    expect(await isBlocked(client)).toBe(true);
  });
});
