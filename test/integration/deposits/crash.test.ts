import { beforeAll, describe, expect, it } from 'vitest';
import { appendTrades, type StagedTrade } from '../../../pipelines/deposits/appendTrades.ts';
import { decideDueDay, tradeSchema } from '../../../pipelines/deposits/fill.ts';
import { showTrades } from '../../../pipelines/deposits/showTrades.ts';
import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { codeOf } from '../../../src/errors.ts';
import { openPool } from '../jobs/copyJob.ts';
import { expireLeases } from '../jobs/mortal.ts';
import { mortalAt, type MortalAt } from '../payments/mortalAt.ts';
import { aDeposits, aFill, aKeyStore, type Deposits, type DepositsProcess } from './aDeposits.ts';
import { mortalKeyStore } from './mortalKeyStore.ts';

let deposits: Deposits;
let pool: PostgresDatabase;
let keyStore: KeyStore;
beforeAll(async () => {
  deposits = await aDeposits();
  pool = openPool(deposits.url);
  keyStore = aKeyStore(deposits.redisUrl);
});

const [day, next] = ['2026-11-24', '2026-11-25'] as const;
const staged = (user: number, on: string): string => `user:${user}:batch_balance:${on}`;

interface Life {
  readonly before: () => Promise<unknown>;
  readonly live: (process: DepositsProcess, mortal: MortalAt) => Promise<unknown>;
  /** What happens after its death. */
  readonly after: () => Promise<unknown>;
  /** Balances in the end. */
  readonly ends: Readonly<Record<string, bigint>>;
}

/** Lives a life again and again, dying one moment later each time, until it is lived to its end. Answers how many moments it has. */
async function sweep({ before, live, after, ends }: Life): Promise<number> {
  for (let lastMoment = 1; ; lastMoment += 1) {
    await deposits.empty();
    await before();
    const mortal = mortalAt(pool, lastMoment);
    const clock = { ...mortal.runner.clock, now: () => deposits.clock.now() };
    const process = deposits.process({ database: mortal.database, keyStore: mortalKeyStore(keyStore, mortal), clock, holder: 'mortal' });
    const hasLived = await mortal.lives(() => live(process, mortal));
    await after();
    expect(await deposits.flaws(), mortal.where()).toEqual([]);
    expect(await deposits.balances(), mortal.where()).toEqual(ends);
    if (hasLived) return lastMoment - 1;
  }
}

/** Settles a night to its end that a dead process has left, unless that had completed it. */
async function settleAgain(night: string): Promise<void> {
  await expireLeases(deposits.database);
  try {
    expect(await deposits.night(night)).toMatchObject({ how: 'completed' });
  } catch (error) {
    if (codeOf(error) !== 'alreadyCompleted') throw error;
  }
}

const trades = [
  aFill(),
  aFill({ fillId: 'f-2', amountMinor: '500', executedAt: '2026-11-23T15:30:00Z' }),
  aFill({ fillId: 'f-3', userId: '5', amountMinor: '-7' }),
  { type: 'CANCELLED', fillId: 'f-3', userId: '5' },
  aFill({ fillId: 'f-4', userId: '2', amountMinor: '-50' }),
];

describe('a process that dies', { timeout: 400_000 }, () => {
  it('in a night leaves accounts, ledger and Redis to whoever goes on with it, at whatever moment', async () => {
    const moments = await sweep({
      before: async () => {
        await deposits.open({ 1: 1_000n, 2: 100n, 5: 10n, 9: 1_000n, 13: 0n });
        await deposits.stage(trades);
        // Of other programs: without the index, with it, over ours, of nobody, and no number.
        await deposits.redis.mset(staged(9, day), '900', staged(13, day), '5', staged(2, day), '1', staged(77, day), '1');
        await deposits.redis.zadd(`deposits:staged:${day}`, 0, '13');
        deposits.setNow(`${day}T00:00:00+09:00`);
      },
      live: (process) => process.run('deposits.settle', day),
      after: () => settleAgain(day),
      ends: { 1: 700n, 2: 50n, 5: 10n, 9: 900n, 13: 5n },
    });
    expect(moments).toBeGreaterThan(60);
  });

  it('while it stages leaves trades to their next delivery, at whatever moment', async () => {
    const read = trades.map((trade) => decideDueDay(tradeSchema.parse(trade)));
    const stage = async ({ ports }: DepositsProcess): Promise<void> => {
      const answers = await appendTrades({ ...ports, now: () => deposits.clock.now() })(read);
      const appended = answers.filter((answer): answer is StagedTrade => 'userId' in answer);
      await showTrades(ports.projections, { balanceTtlSeconds: 3_600 })(appended);
    };
    const moments = await sweep({
      before: async () => {
        await deposits.open({ 1: 1_000n, 2: 100n, 5: 10n });
        await deposits.redis.mset(staged(1, next), '1500', staged(2, day), '80');
      },
      live: stage,
      after: async () => {
        await stage(deposits.process({}));
        expect(await deposits.flaws()).toEqual([]);
        expect(await deposits.redis.mget(staged(1, day), staged(1, next), staged(2, day))).toEqual(['700', '1700', '30']);
      },
      ends: { 1: 1_000n, 2: 100n, 5: 10n },
    });
    expect(moments).toBeGreaterThan(15);
  });
});
