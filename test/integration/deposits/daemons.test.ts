import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { filledTopic } from '../../../pipelines/deposits/filledTopic.ts';
import { stageGroup } from '../../../pipelines/deposits/stage.pipeline.ts';
import { until } from '../../support/until.ts';
import { startWeir, runWeir } from '../../support/weirProcess.ts';
import type { Strike } from '../../support/tcpProxy.ts';
import { through } from '../crash/through.ts';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

let deposits: Deposits;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  deposits = await aDeposits();
  environment = {
    ...{ WEIR_DATABASE_URL: deposits.url, WEIR_REDIS_URL: deposits.redisUrl, WEIR_SMTP_URL: 'smtp://127.0.0.1:9' },
    ...{ WEIR_SMTP_REQUIRE_TLS: 'false', WEIR_KEYS_RING: `local:${randomBytes(32).toString('base64')}` },
    ...{ WEIR_JOBS_LEASE_MS: '1500', WEIR_JOBS_POLL_MS: '50', WEIR_API_PORT: '0' },
  };
});
beforeEach(() => deposits.empty());

const users = Array.from({ length: 40 }, (_, place) => String(place + 1));
const day = '2024-02-29';
const fills = users.map((userId) => aFill({ fillId: `f-${userId}`, userId, executedAt: '2024-02-27T15:30:00Z' }));

interface Moment {
  readonly on: 'database' | 'redis';
  readonly marker: string;
  readonly how: Strike;
}

/** Starts a process behind proxies that is killed at a moment. */
async function killed({ on, marker, how }: Moment, ...words: readonly string[]): Promise<void> {
  const [database, redis] = [await through(deposits.url), await through(deposits.redisUrl)];
  const weir = startWeir({ ...environment, WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url }, 'run', ...words);
  void { database, redis }[on].proxy.strike(marker, how, { call: () => weir.signal('SIGKILL') });
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}

const strikes = ['cutBefore', 'cutAfter'] as const;

describe('a night whose process is killed', () => {
  const markers = [
    ['database', 'SET applied_on'],
    ['database', 'COMMIT'],
    ['redis', 'ZRANGEBYLEX'],
    ['redis', 'EVALSHA'],
    ['redis', 'SCAN'],
  ] as const;
  it.each(markers.flatMap(([on, marker]) => strikes.map((how) => ({ on, marker, how }))))(
    'at $marker on its way to $on, $how, is finished by the next',
    async (moment) => {
      deposits.setNow('2024-02-27T15:00:00+09:00');
      await deposits.open(Object.fromEntries(users.map((user) => [user, 1_000n])));
      expect(await deposits.stage(fills)).toMatchObject({ done: users.length });
      await killed(moment, '--job', 'deposits.settle', '--key', day);
      expect(await runWeir(environment, 'run', '--job', 'deposits.settle', '--key', day)).toMatchObject({ code: 0 });
      expect(new Set(Object.values(await deposits.balances()))).toEqual(new Set([700n]));
      expect(await deposits.flaws()).toEqual([]);
    },
  );
});

async function isAllSettled(): Promise<boolean> {
  const [group] = (await deposits.redis.xinfo('GROUPS', filledTopic.name)) as readonly (readonly unknown[])[];
  const of = (name: string): unknown => group?.[group.indexOf(name) + 1];
  return group !== undefined && of('name') === stageGroup && of('pending') === 0 && of('lag') === 0;
}

describe('two daemons', () => {
  it('on one stream stage each trade once, also where one of them is killed', async () => {
    await deposits.open(Object.fromEntries(users.map((user) => [user, 1_000n])));
    await deposits.write([...fills, ...fills, ...fills.toReversed()]);
    const words = ['--profile', 'deposits'];
    const survivor = startWeir({ ...environment, WEIR_INSTANCE: 'survivor' }, 'run', ...words);
    let isDead = false;
    const dying = killed({ on: 'redis', marker: 'XACK', how: 'cutBefore' }, ...words).finally(() => {
      isDead = true;
    });
    // Who starts first may have it all: there is more until the other had its share.
    const hasDied = async (): Promise<boolean> => {
      if (!isDead && (await isAllSettled())) await deposits.write(fills);
      return isDead;
    };
    await until('one of them is killed', hasDied, { limitMs: 120_000 });
    await dying;
    await deposits.write(fills);
    await until('all is staged', isAllSettled, { limitMs: 120_000 });
    expect(await deposits.flaws()).toEqual([]);
    expect(await deposits.database.query(`SELECT count(*)::integer AS rows FROM deposits.ledger WHERE kind = 'FILL'`)).toEqual([
      { rows: users.length },
    ]);
    expect(await survivor.stop()).toEqual({ code: 0, signal: null });
  });

  it('on one night move each balance once', async () => {
    deposits.setNow('2024-02-27T15:00:00+09:00');
    await deposits.open(Object.fromEntries(users.map((user) => [user, 1_000n])));
    await deposits.stage(fills);
    deposits.setNow(`${day}T00:00:00+09:00`);
    const ends = await Promise.all(['one', 'other'].map((holder) => deposits.process({ holder }).run('deposits.settle', day)));
    expect(ends).toMatchObject([{ how: 'completed' }, { how: 'completed' }]);
    expect(new Set(Object.values(await deposits.balances()))).toEqual(new Set([700n]));
    expect(await deposits.flaws()).toEqual([]);
  });
});
