import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Source } from '../../../src/connectors/source.ts';
import type { SourceStatus } from '../../../src/connectors/sourceStatus.ts';
import type { Service } from '../../../stack/service.ts';
import { messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { read } from '../../conformance/reading.ts';
import { aPrivateRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { testBus, testClient } from './aRedisBus.ts';

let own: Service;
beforeAll(async () => {
  own = await aPrivateRedis({ isDurable: false });
});

function statusOf(source: Source): SourceStatus {
  const status = source.status?.();
  if (status === undefined) throw new Error('it tells nothing of itself');
  return status;
}

function held({ partitions }: SourceStatus): readonly number[] {
  return partitions.filter(({ isHeld }) => isHeld).map(({ number }) => number);
}

/** The connections of readers that wait for entries, once there are so many. */
async function blockedReaders(client: Redis, count: number): Promise<readonly string[] | undefined> {
  const lines = String(await client.client('LIST')).split('\n');
  const blocked = lines.filter((line) => / flags=b .* cmd=xreadgroup /.test(line));
  return blocked.length === count ? blocked.map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '') : undefined;
}

describe('the status of a source', () => {
  test('tells which of its readers read; connections that are lost are counted, each once', async () => {
    const [bus, client, topic] = [testBus(own.url, { blockMs: 5_000, claimMinMs: 5_000 }), testClient(own.url), testTopic()];
    const source = bus.subscribe(topic, { group: 'g', readers: 2 });
    expect(statusOf(source)).toMatchObject({ state: 'idle', assignments: 0 });
    read(source, { settleAs: 'done' });
    await until('both read', () => held(statusOf(source)).length === 2);
    expect(statusOf(source)).toMatchObject({ state: 'reading', assignments: 1, replaced: { lost: 0 } });
    for (const id of await until('both wait for entries', () => blockedReaders(client, 2))) await client.call('CLIENT', 'KILL', 'ID', id);
    await until('both were replaced', () => statusOf(source).replaced.lost === 2);
    await until('both read again', () => held(statusOf(source)).length === 2);
    expect(statusOf(source)).toMatchObject({ state: 'reading', reason: '', replaced: { silent: 0, lost: 2 } });
  });

  test('is away while Redis is silent, with why and since when, and reads when it is back', async () => {
    const [bus, topic] = [testBus(own.url, { timeLimitMs: 1_500 }), testTopic()];
    const source = bus.subscribe(topic, { group: 'g' });
    read(source, { settleAs: 'done' });
    await until('it reads', () => statusOf(source).state === 'reading');
    own.freeze();
    try {
      await until('it is away', () => statusOf(source).state === 'away');
      const away = statusOf(source);
      expect(held(away)).toEqual([]);
      expect(away.reason).not.toBe('');
      expect(away.replaced).toMatchObject({ silent: 1, lost: 0 });
    } finally {
      own.thaw();
    }
    await until('it reads again', () => statusOf(source).state === 'reading');
    expect(statusOf(source).replaced).toMatchObject({ silent: 1, lost: 0 });
  });

  test('does not tell a reader as silent that waits for room', async () => {
    const [bus, topic] = [testBus(own.url, { timeLimitMs: 1_000 }), testTopic()];
    await publish(bus, topic, messages(1, 1));
    const source = bus.subscribe(topic, { group: 'g' });
    const reading = read(source, { window: 1 });
    await reading.count(1);
    const sinceMs = performance.now();
    await until('it has waited for longer than a call may take', () => performance.now() - sinceMs > 1_200);
    expect(statusOf(source)).toMatchObject({ state: 'reading', partitions: [{ number: 1, isHeld: true, silentMs: 0 }] });
  });

  test('counts a stream that was lost with all that was in it as one, once for all readers', async () => {
    const [bus, client, topic] = [testBus(own.url), testClient(own.url), testTopic()];
    const source = bus.subscribe(topic, { group: 'g', readers: 3 });
    const reading = read(source, { settleAs: 'done' });
    await publish(bus, topic, messages(1, 3));
    await reading.count(3);
    expect(statusOf(source).removed).toBe(0);
    await client.del(topic.name);
    await publish(bus, topic, messages(4, 4));
    await until('what came later is read', () => reading.numbers.includes(4));
    expect(statusOf(source).removed).toBe(1);
  });

  test('counts entries that were trimmed away before they were read', async () => {
    const [bus, client, topic] = [testBus(own.url, { trimEveryMs: 50 }), testClient(own.url), testTopic()];
    const source = bus.subscribe(topic, { group: 'g' });
    const reading = read(source, { window: 2 });
    await publish(bus, topic, messages(1, 10));
    await reading.count(2);
    await client.xtrim(topic.name, 'MAXLEN', 3);
    await until('they are missed', () => statusOf(source).removed > 0);
    expect(statusOf(source).removed).toBe(5);
  });
});
