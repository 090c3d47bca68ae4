import type { Redis } from 'ioredis';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Service } from '../../../stack/service.ts';
import { Connection } from '../../../src/connectors/redis/connection.ts';
import { pairs } from '../../../src/connectors/redisStream/pairs.ts';
import { runScript } from '../../../src/connectors/redis/script.ts';
import { StreamGroup } from '../../../src/connectors/redisStream/streamGroup.ts';
import { countUndelivered } from '../../../src/connectors/redisStream/undelivered.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { aPrivateRedis, aRedis } from '../../support/services.ts';
import { testBus, testClient } from './aRedisBus.ts';

let shared: string;
let own: Service;
beforeAll(async () => {
  shared = await aRedis();
  own = await aPrivateRedis();
});

function commandsOf(url: string): Connection {
  const commands = new Connection({ url, clock: realClock, name: 'test', timeLimitMs: 5_000, origin: 'its url' });
  onTestFinished(() => commands.close());
  return commands;
}

const aGroup = (url: string, stream: string): StreamGroup => new StreamGroup(stream, 'g', commandsOf(url));

/** Appends entries with the ids `from-1` up to `to-1`. */
async function append(client: Redis, stream: string, from: number, to: number): Promise<void> {
  const pipeline = client.pipeline();
  for (let number = from; number <= to; number += 1) pipeline.xadd(stream, `${number}-1`, 'value', 'v');
  await pipeline.exec();
}

async function ownLag(client: Redis, stream: string): Promise<unknown> {
  const [row] = (await client.call('XINFO', 'GROUPS', stream)) as readonly (readonly unknown[])[];
  return pairs(row ?? []).get('lag');
}

test('after a restart, in which Redis forgets what a group has read, lag is right, and Redis keeps count again', async () => {
  const { name } = testTopic();
  const client = testClient(own.url);
  await append(client, name, 1, 1_700);
  await client.xgroup('CREATE', name, 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1_000, 'STREAMS', name, '>');
  await own.stop();
  await own.start();
  const again = testClient(own.url);
  expect(await ownLag(again, name)).toBeNull();
  expect(await aGroup(own.url, name).undelivered()).toBe(700);
  expect(await ownLag(again, name)).toBe(700);
  await again.xreadgroup('GROUP', 'g', 'c', 'COUNT', 100, 'STREAMS', name, '>');
  expect(await aGroup(own.url, name).undelivered()).toBe(600);
});

test('the side with fewer entries tells: what was read, where that is little', async () => {
  const { name } = testTopic();
  const client = testClient(shared);
  await append(client, name, 1, 2_200);
  await client.xgroup('CREATE', name, 'g', '3-1');
  expect(await aGroup(shared, name).undelivered()).toBe(2_197);
});

test('entries that were deleted in the middle do not count', async () => {
  const { name } = testTopic();
  const client = testClient(shared);
  await append(client, name, 1, 900);
  await client.xgroup('CREATE', name, 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'c', 'COUNT', 100, 'STREAMS', name, '>');
  await client.xdel(name, '500-1', '600-1');
  expect(await ownLag(client, name)).toBeNull();
  expect(await aGroup(shared, name).undelivered()).toBe(798);
});

test('where both sides are long nobody knows, and no number is told; what the group reads then makes it known', async () => {
  const topic = testTopic();
  const client = testClient(shared);
  for (let from = 1; from <= 52_000; from += 4_000) await append(client, topic.name, from, from + 3_999);
  await client.xgroup('CREATE', topic.name, 'g', '26000-1');
  expect(await testBus(shared).subscribe(topic, { group: 'g' }).lag?.()).toBeUndefined();
  await client.xgroup('SETID', topic.name, 'g', '51990-1');
  expect(await aGroup(shared, topic.name).undelivered()).toBe(10);
});

test('a group that read on while it was counted is told with what it read since', async () => {
  const { name } = testTopic();
  const client = testClient(shared);
  await append(client, name, 1, 1_400);
  await client.xgroup('CREATE', name, 'g', '1000-1');
  const commands = commandsOf(shared);
  let calls = 0;
  const count = await countUndelivered('g', async (script, ...args) => {
    calls += 1;
    if (calls === 3) await client.xreadgroup('GROUP', 'g', 'c', 'COUNT', 30, 'STREAMS', name, '>');
    return commands.use((open) => runScript(open, script, [name], args));
  });
  expect(count).toBe(400);
  expect(await ownLag(client, name)).toBe(370);
});
