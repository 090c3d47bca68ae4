import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
beforeAll(async () => {
  deposits = await aDeposits();
});
beforeEach(() => deposits.empty());

const users = Array.from({ length: 30 }, (_, place) => String(place + 1));
const monday = '2026-11-23T15:30:00Z';

/** Staged for two days, one of them settled. */
async function aDayOfTrades(): Promise<void> {
  await deposits.open(Object.fromEntries(users.map((user) => [user, 1_000n])));
  await deposits.stage(
    users.flatMap((userId) => [
      aFill({ fillId: `a-${userId}`, userId }),
      aFill({ fillId: `b-${userId}`, userId, amountMinor: '500', executedAt: monday }),
      aFill({ fillId: `c-${userId}`, userId, amountMinor: userId, executedAt: '2026-11-24T15:30:00Z' }),
    ]),
  );
  await deposits.settle('2026-11-24');
  expect(await deposits.flaws()).toEqual([]);
}

async function lose(glob: string): Promise<void> {
  const keys = await deposits.redis.keys(glob);
  expect(keys.length).toBeGreaterThan(0);
  await deposits.redis.unlink(...keys);
}

const losses: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['everything', () => deposits.redis.flushdb()],
  ['balances', () => lose('user:*:balance')],
  ['staged balances', () => lose('user:*:batch_balance:*')],
  ['what it knew to be ours', () => lose('deposits:projection:*')],
  ['indexes', () => lose('deposits:staged*')],
];

describe('a Redis that has lost', () => {
  it.each(losses)('%s shows it all again after a rebuild', async (_, loss) => {
    await aDayOfTrades();
    await loss();
    expect(await deposits.run('deposits.rebuild', '2026-11-24T00:01')).toMatchObject({ how: 'completed' });
    expect(await deposits.flaws()).toEqual([]);
    expect(await deposits.database.query('SELECT FROM deposits.put_aside')).toEqual([]);
    await deposits.settle('2026-11-25', '2026-11-26');
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each(losses)('%s is settled all the same, and shows those who were moved', async (_, loss) => {
    await aDayOfTrades();
    await loss();
    await deposits.settle('2026-11-25');
    expect(await deposits.balances()).toEqual(Object.fromEntries(users.map((user) => [user, 1_200n])));
    expect(await deposits.flaws()).toEqual([]);
    await deposits.settle('2026-11-26');
    expect(await deposits.flaws()).toEqual([]);
  });
});

describe('a rebuild', () => {
  it('shows what a database says that was restored, also where Redis has newer versions', async () => {
    await aDayOfTrades();
    // What a restore to before the last trades leaves.
    await deposits.database.execute(`DELETE FROM deposits.ledger WHERE fill_id LIKE 'c-%'`);
    await deposits.database.execute('UPDATE deposits.account SET ledger_version = 1');
    await deposits.run('deposits.rebuild', '2026-11-24T00:01');
    expect(await deposits.flaws()).toEqual([]);
    expect(await deposits.stage([aFill({ fillId: 'd', amountMinor: '-1', executedAt: monday })])).toMatchObject({ done: 1 });
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1199');
    await deposits.settle('2026-11-25');
    expect(await deposits.flaws()).toEqual([]);
  });

  it('while trades are staged overwrites nothing newer', async () => {
    await aDayOfTrades();
    await deposits.redis.flushdb();
    const chain = deposits.process({}).start();
    const later = users.map((userId) => aFill({ fillId: `d-${userId}`, userId, amountMinor: '-1', executedAt: monday }));
    const [rebuilt] = await Promise.all([
      deposits.run('deposits.rebuild', '2026-11-24T00:01'),
      ...later.map((trade) => deposits.write([trade])),
    ]);
    expect(rebuilt).toMatchObject({ how: 'completed' });
    await deposits.stage([]);
    chain.drain();
    await chain.ended;
    expect(await deposits.redis.get('user:7:batch_balance:2026-11-25')).toBe('1199');
    expect(await deposits.flaws()).toEqual([]);
  });
});
