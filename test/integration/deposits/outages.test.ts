import { beforeEach, describe, expect, it, vi } from 'vitest';
import { filledTopic } from '../../../pipelines/deposits/filledTopic.ts';
import { stageGroup } from '../../../pipelines/deposits/stage.pipeline.ts';
import type { Service } from '../../../stack/service.ts';
import { aPrivateRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { expireLeases } from '../jobs/mortal.ts';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

vi.setConfig({ testTimeout: 120_000 });

let redis: Service;
let deposits: Deposits;
// Each has a Redis of its own: what a fault leaves behind is nobody else's.
beforeEach(async () => {
  redis = await aPrivateRedis({ settings: ['appendfsync always'] });
  deposits = await aDeposits({ redisUrl: redis.url, timeLimitMs: 500 });
}, 60_000);

const day = '2026-11-24';
const configure = (name: string, value: string): Promise<unknown> => deposits.redis.config('SET', name, value);

interface Fault {
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

const faults: readonly (readonly [string, Fault])[] = [
  ['is silent', { begin: () => redis.freeze(), end: () => redis.thaw() }],
  ['is gone', { begin: () => redis.kill('SIGKILL'), end: () => redis.start() }],
  [
    'is full',
    {
      begin: async () => {
        await configure('maxmemory-policy', 'noeviction');
        await configure('maxmemory', '1');
      },
      end: () => configure('maxmemory', '0'),
    },
  ],
  ['takes no writes', { begin: () => configure('min-replicas-to-write', '1'), end: () => configure('min-replicas-to-write', '0') }],
];

describe('a Redis that', () => {
  it.each(faults)('%s in a night holds up no money, and shows all of it when the night is run again', async (_, fault) => {
    await deposits.open({ 1: 1_000n, 2: 500n, 5: 10n });
    await deposits.stage([aFill(), aFill({ fillId: 'f-2', userId: '2' }), aFill({ fillId: 'f-5', userId: '5', amountMinor: '1' })]);
    deposits.setNow(`${day}T00:00:00+09:00`);
    await fault.begin();
    expect(await deposits.night(day)).toMatchObject({ how: 'failed' });
    expect(await deposits.balances()).toEqual({ 1: 700n, 2: 200n, 5: 11n });
    await fault.end();
    await until('Redis answers', () => deposits.redis.ping(), { limitMs: 30_000 });
    await expireLeases(deposits.database);
    expect(await deposits.night(day)).toMatchObject({ how: 'completed' });
    expect(await deposits.balances()).toEqual({ 1: 700n, 2: 200n, 5: 11n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each(faults)('%s while trades are staged has them acknowledged when it shows them, and not before', async (_, fault) => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill({ fillId: 'f-0', amountMinor: '-1' })]);
    const { ports } = deposits.process({});
    const project = ports.projections.project.bind(ports.projections);
    // The fault begins when the ledger has the trade.
    let [isBeginning, hasBegun] = [false, false];
    const projections = {
      ...ports.projections,
      project: async (...input: Parameters<typeof project>) => {
        if (!isBeginning) {
          isBeginning = true;
          await fault.begin();
          hasBegun = true;
        }
        return project(...input);
      },
    };
    await deposits.write([aFill()]);
    const chain = deposits.process({}).start({ ...ports, projections });
    await until('the ledger has it and Redis does not', async () => {
      const rows = await deposits.database.query(`SELECT FROM deposits.ledger WHERE fill_id = 'f-1'`);
      return hasBegun && rows.length === 1;
    });
    expect(chain.counts()).toMatchObject({ done: 0 });
    await fault.end();
    await until('Redis answers', () => deposits.redis.ping(), { limitMs: 30_000 });
    // Whatever has become of that run, the next one delivers it again.
    await deposits.stage([]);
    chain.drain();
    await chain.ended;
    expect(await deposits.redis.xpending(filledTopic.name, stageGroup)).toEqual([0, null, null, null]);
    expect(await deposits.redis.get(`user:1:batch_balance:${day}`)).toBe('699');
    expect(await deposits.flaws()).toEqual([]);
  });
});
