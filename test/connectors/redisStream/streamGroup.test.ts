import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../src/connectors/redis/connection.ts';
import { StreamGroup } from '../../../src/connectors/redisStream/streamGroup.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { aRedis } from '../../support/services.ts';
import { testClient } from './aRedisBus.ts';

let url: string;
beforeAll(async () => {
  url = await aRedis();
});

/** A group with three entries: two of consumer `ours`, the last of consumer `theirs`. */
async function aGroup(): Promise<{
  readonly group: StreamGroup;
  readonly ids: readonly string[];
  readonly counts: () => Promise<unknown>;
}> {
  const [{ name }, client] = [testTopic(), testClient(url)];
  const commands = new Connection({ url, clock: realClock, name: 'test', timeLimitMs: 2_000, origin: 'its url' });
  onTestFinished(() => commands.close());
  const group = new StreamGroup(name, 'g', commands);
  await group.create();
  const ids = ['1-1', '2-1', '18446744073709551615-1'];
  for (const id of ids) await client.xadd(name, id, 'value', 'v');
  await client.xreadgroup('GROUP', 'g', 'ours', 'COUNT', 2, 'STREAMS', name, '>');
  await client.xreadgroup('GROUP', 'g', 'theirs', 'COUNT', 1, 'STREAMS', name, '>');
  const counts = async (): Promise<unknown> => {
    const rows = (await client.xpending(name, 'g', '-', '+', 10)) as [string, string, number, number][];
    return rows.map(([, consumer, , count]) => [consumer, count]);
  };
  return { group, ids, counts };
}

test('renewing counts no delivery, takes nothing from another consumer, and tells what that owns', async () => {
  const { group, ids, counts } = await aGroup();
  expect(await group.renew('ours', ids)).toEqual([ids[2]]);
  expect(await counts()).toEqual([
    ['ours', 1],
    ['ours', 1],
    ['theirs', 1],
  ]);
});

test('delivering again counts a delivery and takes nothing from another consumer', async () => {
  const { group, ids, counts } = await aGroup();
  const { entries, trimmedCount } = await group.redeliver('ours', ids);
  expect([entries.map(([id]) => String(id)), trimmedCount]).toEqual([ids.slice(0, 2), 0]);
  expect(await counts()).toEqual([
    ['ours', 2],
    ['ours', 2],
    ['theirs', 1],
  ]);
});

test('what was acknowledged meanwhile is neither delivered again nor told as trimmed', async () => {
  const { group, ids } = await aGroup();
  await group.acknowledge(ids.slice(0, 1));
  const { entries, trimmedCount } = await group.redeliver('ours', ids);
  expect([entries.length, trimmedCount]).toEqual([1, 0]);
});

test('claiming idle entries counts no delivery', async () => {
  const { group, ids, counts } = await aGroup();
  expect(await group.claimIdle('ours', 0, '0-0', 10)).toEqual({ cursor: '0-0', ids, trimmedIds: [] });
  expect(await counts()).toEqual([
    ['ours', 1],
    ['ours', 1],
    ['ours', 1],
  ]);
});

test('one search claims few at once, however many are wanted, and the next goes on where it ended', async () => {
  const { group } = await aGroup();
  const client = testClient(url);
  for (let added = 0; added < 300; added += 1) await client.xadd(group.stream, '*', 'value', 'v');
  await client.xgroup('SETID', group.stream, 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'gone', 'COUNT', 400, 'STREAMS', group.stream, '>');
  const claimed: number[] = [];
  let cursor = '0-0';
  do {
    const found = await group.claimIdle('ours', 0, cursor, 1_000);
    claimed.push(found.ids.length);
    cursor = found.cursor;
  } while (cursor !== '0-0');
  expect(claimed).toEqual([150, 150, 3]);
});

test('thousands of ids are acknowledged, renewed and delivered again in several commands', async () => {
  const { group } = await aGroup();
  const ids = Array.from({ length: 1_700 }, (_, index) => `5-${index}`);
  await group.acknowledge(ids);
  expect(await group.renew('ours', ids)).toEqual([]);
  expect((await group.redeliver('ours', [...ids, '2-1'])).entries.length).toBe(1);
  await expect(group.redeliver('ours', [])).resolves.toEqual({ entries: [], trimmedCount: 0 });
});

test('trimming removes what all groups have acknowledged, whole nodes of it, and nothing that one of them has not', async () => {
  const [{ name }, client] = [testTopic(), testClient(url)];
  const commands = new Connection({ url, clock: realClock, name: 'test', timeLimitMs: 2_000, origin: 'its url' });
  onTestFinished(() => commands.close());
  const group = new StreamGroup(name, 'g', commands);
  const pipeline = client.pipeline();
  for (let number = 1; number <= 1_000; number += 1) pipeline.xadd(name, `${number}-1`, 'value', 'v');
  await pipeline.exec();
  const firstId = async (): Promise<number> => Number.parseInt((await client.xrange(name, '-', '+', 'COUNT', 1))[0]?.[0] ?? '');
  const acknowledge = async (reader: string, count: number, except?: string): Promise<void> => {
    const reply = await client.xreadgroup('GROUP', reader, 'c', 'COUNT', count, 'STREAMS', name, '>');
    const ids = (reply as unknown as [[string, [string][]]])[0][1].map(([id]) => id);
    await client.xack(name, reader, ...ids.filter((id) => id !== except));
  };
  // Nobody has read: a group may still come.
  expect(await group.trim(0, 10_000)).toBe(0);
  await group.create();
  await client.xgroup('CREATE', name, 'late', '0');
  await acknowledge('g', 1_000, '350-1');
  // One group has read nothing.
  expect(await group.trim(0, 10_000)).toBe(0);
  await acknowledge('late', 250);
  expect(await group.trim(0, 10_000)).toBe(200);
  expect(await firstId()).toBe(201);
  // Now the entry that the other has pending is the lowest.
  await acknowledge('late', 750);
  expect(await group.trim(0, 10_000)).toBe(100);
  expect(await firstId()).toBe(301);
  await group.acknowledge(['350-1']);
  expect(await group.trim(0, 200)).toBe(200);
  expect(await group.trim(0, 10_000)).toBe(400);
  expect(await client.xlen(name)).toBe(100);
});

test('the oldest unsettled entry is the lowest that is pending, else the first that nobody has read, else none', async () => {
  const client = testClient(url);
  const { name } = testTopic();
  const commands = new Connection({ url, clock: realClock, name: 'test', timeLimitMs: 2_000, origin: 'its url' });
  onTestFinished(() => commands.close());
  const group = new StreamGroup(name, 'g', commands);
  await group.create();
  expect(await group.oldestUnsettledAt()).toBeUndefined();
  for (const id of ['1000-0', '2000-0', '3000-0']) await client.xadd(name, id, 'value', 'v');
  expect(await group.oldestUnsettledAt()).toEqual(new Date(1_000));
  await client.xreadgroup('GROUP', 'g', 'ours', 'COUNT', 2, 'STREAMS', name, '>');
  await group.acknowledge(['1000-0']);
  expect(await group.oldestUnsettledAt()).toEqual(new Date(2_000));
  await group.acknowledge(['2000-0']);
  expect(await group.oldestUnsettledAt()).toEqual(new Date(3_000));
  await client.xreadgroup('GROUP', 'g', 'ours', 'COUNT', 2, 'STREAMS', name, '>');
  await group.acknowledge(['3000-0']);
  expect(await group.oldestUnsettledAt()).toBeUndefined();
});

test('to ask for the oldest unsettled entry makes nothing: a missing group has settled none, a missing stream has none', async () => {
  const client = testClient(url);
  const { name } = testTopic();
  const commands = new Connection({ url, clock: realClock, name: 'test', timeLimitMs: 2_000, origin: 'its url' });
  onTestFinished(() => commands.close());
  const group = new StreamGroup(name, 'g', commands);
  expect(await group.oldestUnsettledAt()).toBeUndefined();
  expect(await client.exists(name)).toBe(0);
  await client.xgroup('CREATE', name, 'another', '0', 'MKSTREAM');
  expect(await group.oldestUnsettledAt()).toBeUndefined();
  for (const id of ['1000-0', '2000-0']) await client.xadd(name, id, 'value', 'v');
  await client.xreadgroup('GROUP', 'another', 'theirs', 'COUNT', 1, 'STREAMS', name, '>');
  expect(await group.oldestUnsettledAt()).toEqual(new Date(1_000));
  expect(await client.xinfo('GROUPS', name)).toHaveLength(1);
});
