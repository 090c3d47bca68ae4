import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Topic } from '../../../src/connectors/bus.ts';
import { claimOwned, trim, writeOnce } from '../../../src/connectors/redisStream/scripts.ts';
import { messages, publish, testTopic } from '../../conformance/busHarness.ts';
import { aRedis } from '../../support/services.ts';
import type { Strike } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { aProxiedRedis } from './aProxiedRedis.ts';
import { testBus, testClient } from './aRedisBus.ts';

// A process starts and dies in each of these, and another takes its place.
vi.setConfig({ testTimeout: 60_000 });

const size = 300;

let url: string;
beforeAll(async () => {
  url = await aRedis();
  const client = new Redis(url);
  // Redis knows the scripts, so that the first request does what it asks for.
  for (const { lua } of [claimOwned, trim, writeOnce]) await client.script('LOAD', lua);
  client.disconnect();
});

/** What the wire shows of each step of a reader. */
const steps = {
  'makes its group': ['CREATE', 1],
  'reads for the first time': ['XREADGROUP', 1],
  'reads on': ['XREADGROUP', 4],
  'acknowledges for the first time': ['XACK', 1],
  'acknowledges on': ['XACK', 5],
  'looks for its own entries': ['XPENDING', 1],
  'looks for entries of the dead': ['XAUTOCLAIM', 1],
  'takes over what it has found': [claimOwned.sha, 1],
  'takes over more': [claimOwned.sha, 2],
  trims: [trim.sha, 1],
  'puts an entry aside': [':written', 1],
} as const;

const moments = Object.entries(steps).flatMap(([step, [marker, nth]]) =>
  (['cutBefore', 'cutAfter'] as const).map((how) => [how === 'cutBefore' ? 'before' : 'after', step, marker, nth, how] as const),
);

test.each(moments)('a process that is killed %s it %s leaves all of it to another', async (_, __, marker, nth, how) => {
  await outlived({ marker, nth, how }, ['first', 'second']);
});

const atItsWork = moments.filter(([when, step]) => when === 'after' && /on$|found|aside/.test(step));

test.each(atItsWork)('a process that is killed %s it %s finds all of it when it starts again', async (_, __, marker, nth, how) => {
  await outlived({ marker, nth, how }, ['first', 'first']);
});

interface Moment {
  readonly marker: string;
  readonly nth: number;
  readonly how: Strike;
}

/** Kills a process at a moment, starts the next one, and compares what both have done with what was in the stream. */
async function outlived({ marker, nth, how }: Moment, [first, second]: readonly [string, string]): Promise<void> {
  const [topic, client, { proxy, url: through }] = [testTopic(), testClient(url), await aProxiedRedis(url)];
  await fill(topic, client);
  const mortal = started(through, topic, first);
  const struck = proxy.strike(marker, how, { nth, call: () => mortal.kill('SIGKILL') });
  await Promise.all([struck, once(mortal, 'exit')]);
  const successor = started(url, topic, second);
  const seen = async (): Promise<readonly number[]> => Object.values(await client.hgetall(`${topic.name}:seen`)).map(Number);
  const isPending = async (): Promise<boolean> => ((await client.xpending(topic.name, 'g')) as unknown as [number])[0] > 0;
  await until('each was handled and acknowledged', async () => (await seen()).length === size && !(await isPending()), { limitMs: 20_000 });
  await until('what nobody can read was put aside', async () => (await client.xlen(topic.deadLetters)) > 0);
  successor.kill('SIGTERM');
  expect(await once(successor, 'exit')).toEqual([0, null]);
  // Once by each: what the dead one had finished and not acknowledged comes again, and nothing more than once again.
  expect(Math.max(...(await seen()))).toBeLessThanOrEqual(2);
  expect(await client.xlen(topic.deadLetters)).toBe(1);
}

/** Entries of which a dead reader has taken some, and one that nobody can read. */
async function fill(topic: Topic, client: Redis): Promise<void> {
  await publish(testBus(url), topic, messages(1, 60));
  await client.xgroup('CREATE', topic.name, 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'gone', 'COUNT', 40, 'STREAMS', topic.name, '>');
  await client.xadd(topic.name, '*', 'foreign', 'entry');
  await publish(testBus(url), topic, messages(61, size));
}

function started(through: string, topic: Topic, instance: string): ChildProcess {
  const main = join(import.meta.dirname, 'rememberMain.ts');
  const child = spawn(process.execPath, [main, through, url, topic.name, instance], { stdio: ['ignore', 'inherit', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
