import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { runDaemon } from '../../../src/commandLine/daemon.ts';
import { joinedSchema, optionsOf } from '../../../src/commandLine/joinedOptions.ts';
import type { System } from '../../../src/system.ts';
import { LogLevels } from '../../../src/logging/logLevels.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { stopSignals } from '../../../src/runtime/stopSignals.ts';
import { rightEnvironment, secretKey } from '../../commandLine/aPlace.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { anOutbox, type AnOutbox } from './anOutbox.ts';

let shop: AnOutbox;
let redisUrl: string;
let redis: Redis;

beforeAll(async () => {
  shop = await anOutbox();
  redisUrl = await aRedis();
  redis = new Redis(redisUrl);
  atTheEnd(() => redis.quit());
});

beforeEach(async () => {
  await shop.database.execute('TRUNCATE shop.outbox');
  await redis.del(shop.topic.name);
});

/** A daemon of systems that have an outbox and nothing else, until its test ends; answers what a scrape of it says. */
async function startDaemon(
  over: { readonly profiles?: readonly string[]; readonly isHeld?: boolean } = {},
): Promise<() => Promise<string>> {
  const systems: System<object> = {
    ...{
      topics: [shop.topic],
      pipelines: [],
      jobs: [],
      schedules: [],
      outboxes: [shop.outbox],
      gauges: [],
      routes: [],
      apiRoutes: [],
      groups: {},
      encrypted: [],
    },
    openPorts: () => ({}),
  };
  const tree = joinedSchema(systems).parse({
    profiles: over.profiles ?? [],
    admin: { port: 0 },
    database: { url: shop.url },
    redis: { url: redisUrl },
    smtp: { url: rightEnvironment['WEIR_SMTP_URL'] },
    keys: { ring: `current:${secretKey}` },
  });
  const address = Promise.withResolvers<string>();
  const signals = stopSignals(new EventEmitter(), silent);
  const running = runDaemon({
    ...{ systems, options: optionsOf(tree), clock: realClock, signals, isHeld: over.isHeld ?? false },
    migrations: join(import.meta.dirname, '..', '..', '..', 'migrations'),
    levels: new LogLevels('info', realClock),
    log: { ...silent, info: (_sentence, fields) => fields?.address !== undefined && address.resolve(fields.address) },
  });
  onTestFinished(async () => {
    signals.stop();
    expect(await running).toBe(0);
  });
  const url = await address.promise;
  await until('it has started', async () => !(await (await fetch(`${url}/readyz`)).text()).includes('starting'));
  return () => scrape(url);
}

async function scrape(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

it('a daemon publishes the outboxes of its systems, and its metrics say so', async () => {
  const metrics = await startDaemon();
  await shop.insert('k', 'x', 'y');
  await until('both are in the stream', async () => (await redis.xlen(shop.topic.name)) === 2);
  await until('both are counted', async () => {
    const text = await metrics();
    return (
      text.includes(`weir_outbox_published_total{outbox="shop",topic="${shop.topic.name}"} 2`) &&
      text.includes('weir_outbox_messages{outbox="shop"} 0')
    );
  });
});

it('a daemon of other profiles leaves them alone', async () => {
  await shop.insert('k', 'x');
  const metrics = await startDaemon({ profiles: ['another'] });
  expect(await metrics()).not.toContain('{outbox="shop"');
  expect(await shop.left()).toEqual(['x']);
});

it('a daemon that is held publishes nothing, and tells that messages wait', async () => {
  await shop.insert('k', 'x');
  const metrics = await startDaemon({ isHeld: true });
  // A scrape waits a second for it at most.
  await until('they are told', async () => (await metrics()).includes('weir_outbox_messages{outbox="shop"} 1'));
  expect(await redis.xlen(shop.topic.name)).toBe(0);
});
