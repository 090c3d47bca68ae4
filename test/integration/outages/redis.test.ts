import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { aPrivateRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { writePoison } from '../../../stack/demo/poison.ts';
import type { Service } from '../../../stack/service.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { allDelivered, startDelivery, toDeliver, told, unhurried } from './toDeliver.ts';

vi.setConfig({ testTimeout: 180_000 });

const members = 120;

async function configured(redis: Service, ...settings: readonly (readonly [string, string])[]): Promise<void> {
  const client = new Redis(redis.url);
  for (const [name, value] of settings) await client.config('SET', name, value);
  client.disconnect();
}

interface Fault {
  readonly begin: (redis: Service) => Promise<void>;
  readonly end: (redis: Service) => Promise<void>;
  /** What /readyz says meanwhile: it asks whether Redis answers. */
  readonly ready: string;
}

const silent: Fault = {
  begin: (redis) => {
    redis.freeze();
    return Promise.resolve();
  },
  end: (redis) => {
    redis.thaw();
    return Promise.resolve();
  },
  ready: '"redis":"unreachable"',
};
const full: Fault = {
  begin: (redis) => configured(redis, ['maxmemory-policy', 'noeviction'], ['maxmemory', '1mb']),
  end: (redis) => configured(redis, ['maxmemory', '0']),
  ready: '"redis":"reachable"',
};

/** Refuses every command that writes, reading for a group included, as it does when its disk is full. */
const readOnly: Fault = {
  begin: (redis) => configured(redis, ['min-replicas-to-write', '1']),
  end: (redis) => configured(redis, ['min-replicas-to-write', '0']),
  ready: '"redis":"reachable"',
};

it.each([
  ['falls silent', silent],
  ['is full', full],
  ['takes no writes', readOnly],
] as const)('a Redis that %s in the middle of a delivery costs nothing, and nobody has to do anything', async (_, fault) => {
  const redis = await aPrivateRedis();
  const month = await toDeliver({ members, redisUrl: redis.url });
  // What cannot be read has to be put aside, which is a write.
  await writePoison({ redis: { url: redis.url } });
  // Mails take a while, so that most are still to come.
  month.inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 20 } });
  const daemon = startDelivery(month.environment, ...unhurried, 'billing.deliver.window=20', 'billing.deliver.maxSpan=40');
  await month.inbox.until(15, 30_000);
  await fault.begin(redis);
  const sinceMs = performance.now();
  await until('it has lasted for four seconds', () => performance.now() - sinceMs > 4_000);
  const state = await told(daemon);
  expect(state).toMatchObject({ live: 200, isLawful: true });
  expect(state.ready).toContain(fault.ready);
  await fault.end(redis);
  await allDelivered(month);
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: members - 1, FAILED: 0, waiting: 0, parked: 0 } });
});
