import type { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { mapEach } from '../../../operators/mapEach.ts';
import type { Topic } from '../../../src/connectors/bus.ts';
import type { Source } from '../../../src/connectors/source.ts';
import type { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { supervise, type Supervised } from '../../../src/runtime/supervise.ts';
import type { RedisOptions } from '../../../stack/redis.ts';
import type { Service } from '../../../stack/service.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { imbalance, silent } from '../../support/aSpec.ts';
import { aPrivateRedis } from '../../support/services.ts';
import type { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { aProxiedRedis } from './aProxiedRedis.ts';
import { testBus, testClient } from './aRedisBus.ts';
import { Producer } from './producer.ts';

vi.setConfig({ testTimeout: 60_000 });

const timeLimitMs = 1_500;

interface World {
  readonly redis: Service;
  /** What the bus is connected through. */
  readonly proxy: TcpProxy;
  readonly client: Redis;
  readonly topic: Topic;
  /** Resolves when the writer has met the fault. */
  readonly refused: () => Promise<unknown>;
  /** Resolves when a reader has, too. */
  readonly noticed: () => Promise<unknown>;
  /** How many messages were confirmed to the producer so far. */
  readonly written: () => number;
}

interface Fault {
  readonly redis?: RedisOptions;
  /** Begins the fault and ends it; answers the client that sees what is there afterwards, where that is another. */
  readonly strike: (world: World) => Promise<Redis | undefined>;
  /** Whether what was confirmed to the producer may be gone from the stream; what is there has to be read all the same. */
  readonly isLossy?: boolean;
}

/** Does something ten times, while messages are written and read. */
async function again(written: () => number, work: () => Promise<unknown>): Promise<undefined> {
  for (let time = 0; time < 10; time += 1) {
    const before = written();
    await work();
    await until('more is written', () => written() > before + 40);
  }
  return undefined;
}

const killed: Fault = {
  strike: async ({ redis, noticed }) => {
    await redis.kill('SIGKILL');
    await noticed();
    await redis.start();
    return undefined;
  },
};

const restarted: Fault = {
  strike: async ({ redis, noticed }) => {
    await redis.stop();
    await noticed();
    await redis.start();
    return undefined;
  },
};

const frozen: Fault = {
  strike: async ({ redis, noticed }) => {
    redis.freeze();
    await noticed().finally(() => redis.thaw());
    return undefined;
  },
};

const swallowed: Fault = {
  strike: async ({ proxy, noticed }) => {
    proxy.hole();
    await noticed();
    proxy.pass();
    return undefined;
  },
};

const away: Fault = {
  strike: async ({ proxy, noticed }) => {
    proxy.refuse();
    proxy.cut();
    await noticed();
    proxy.pass();
    return undefined;
  },
};

/** No snapshot can be written, so every write is refused with MISCONF. */
const unsaved: Fault = {
  redis: { isDurable: false, settings: ['save 3600 1000000', 'enable-protected-configs yes'] },
  strike: async ({ client, noticed }) => {
    const [, folder] = (await client.config('GET', 'dir')) as [string, string];
    const saved = async (status: 'ok' | 'err'): Promise<void> => {
      await client.call('BGSAVE', 'SCHEDULE');
      await until(`the snapshot is ${status}`, async () =>
        (await client.info('persistence')).includes(`rdb_last_bgsave_status:${status}`) ? true : undefined,
      );
    };
    await client.config('SET', 'dir', '/proc');
    await saved('err');
    await noticed();
    await client.config('SET', 'dir', folder);
    await saved('ok');
    return undefined;
  },
};

const full: Fault = {
  strike: async ({ client, refused }) => {
    await client.config('SET', 'maxmemory', '1');
    await refused();
    await client.config('SET', 'maxmemory', '0');
    return undefined;
  },
};

/** The address leads to the replica, which is the master now; the old master lives on as a replica, and its connections with it. */
const failedOver: Fault = {
  redis: { settings: ['repl-diskless-sync-delay 0'] },
  isLossy: true,
  strike: async ({ redis, proxy, client, topic }) => {
    const other = await aPrivateRedis({ replicaOf: redis });
    onTestFinished(() => other.close());
    const successor = testClient(other.url);
    await until('the replica follows', async () => (await successor.info('replication')).includes('master_link_status:up'));
    await successor.replicaof('NO', 'ONE');
    const newest = async (): Promise<string | undefined> => (await successor.xrevrange(topic.name, '+', '-', 'COUNT', 1))[0]?.[0];
    const copied = await newest();
    proxy.leadTo({ port: other.port });
    await client.replicaof('127.0.0.1', other.port);
    // Who was blocked in a read is told to ask again, and may be with the successor before anything has failed.
    await until('the successor is written to', async () => (await newest()) !== copied);
    return successor;
  },
};

test.each<readonly [string, Fault]>([
  ['is killed', killed],
  ['restarts', restarted],
  ['stands still', frozen],
  ['is behind a line that swallows everything', swallowed],
  ['cannot be connected to', away],
  ['cannot write its snapshot', unsaved],
  ['is full', full],
  ['fails over to a replica', failedOver],
])('a Redis that %s costs nothing that was confirmed, everything asked of it ends, and the readers come back', async (_, fault) => {
  await survive(fault);
});

test.each<readonly [string, (world: World) => Promise<unknown>, boolean]>([
  ['all its data', ({ client }) => client.flushall(), true],
  ['the stream', ({ client, topic }) => client.del(topic.name), true],
  ['the group', ({ client, topic }) => client.xgroup('DESTROY', topic.name, 'g'), false],
  ['its scripts', ({ client }) => client.script('FLUSH'), false],
])('a Redis that loses %s again and again is read on: whatever is in the stream comes', async (_, lose, isLossy) => {
  await survive({ isLossy, strike: (world) => again(world.written, () => lose(world)) });
});

async function survive({ redis: options, strike, isLossy = false }: Fault): Promise<void> {
  const redis = await aPrivateRedis(options);
  const [{ proxy, url }, topic, client] = [await aProxiedRedis(redis.url), testTopic(), testClient(redis.url)];
  client.on('error', () => undefined);
  const failures: WeirError[] = [];
  const bus = testBus(url, { timeLimitMs, idleLimitMs: 3_000, trimEveryMs: 100, report: { failed: (error) => void failures.push(error) } });
  const { pipeline, seen } = aPipeline(bus.subscribe(topic, { group: 'g', readers: 3 }));
  const producer = new Producer(bus.publish(topic));
  onTestFinished(() => producer.stop());
  const written = (): number => producer.acknowledged.length;
  await until('much is written and read', () => written() > 500 && seen.size > 500);

  const refused = (): Promise<unknown> => until('the writer has met it', () => producer.failures.length > 0);
  const missed = (): Promise<unknown> => until('a reader has met it', () => failures.length > 0);
  const noticed = (): Promise<unknown> => Promise.all([refused(), missed()]);
  const present = (await strike({ redis, proxy, client, topic, refused, noticed, written })) ?? client;

  const afterwards = written();
  await until('writing works again', () => written() > afterwards + 500, { limitMs: 20_000 });
  await producer.stop();
  const kept = new Set((await present.xrange(topic.name, '-', '+')).map(([, fields]) => Number(fields[fields.indexOf('value') + 1])));
  await until('all that is in the stream was read', () => [...kept].every((number) => seen.has(number)));
  await until('all of it is acknowledged', async () => ((await present.xpending(topic.name, 'g')) as unknown as [number])[0] === 0);
  await until('every reader reads', () => pipeline.source()?.partitions.every(({ isHeld }) => isHeld));
  if (!isLossy) expect(producer.acknowledged.filter((number) => !kept.has(number))).toEqual([]);
  expect(producer.failures.filter(({ kind }) => kind !== 'transient')).toEqual([]);
  expect(producer.longestMs).toBeLessThan(2 * timeLimitMs + 1_000);
  pipeline.drain();
  expect(await pipeline.ended).toBe(true);
  expect(imbalance(pipeline.counts())).toBe(0);
}

/** A supervised pipeline that remembers the numbers it has seen. */
function aPipeline(source: Source): { readonly pipeline: Supervised; readonly seen: ReadonlySet<number> } {
  const seen = new Set<number>();
  const remember = (value: Uint8Array): Uint8Array => {
    seen.add(Number(Buffer.from(value).toString()));
    return value;
  };
  const pipeline = supervise<Uint8Array>({
    ...{ name: 'test.survival', source, clock: realClock, log: silent, limits: { window: 200, maxSpan: 2_000 }, stopTimeoutMs: 10_000 },
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    chain: (message$) => message$.pipe(mapEach(remember)),
    restart: { firstMs: 50, maxMs: 500 },
    onWedged: (name) => expect.fail(`${name} is wedged`),
  });
  onTestFinished(() => pipeline.cut());
  return { pipeline, seen };
}
