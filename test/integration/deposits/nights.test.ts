import { beforeEach, describe, expect, test } from 'vitest';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
beforeEach(async () => {
  deposits = await aDeposits();
});

async function balances(): Promise<Readonly<Record<string, bigint>>> {
  const rows = await deposits.database.query<{ id: bigint; balance: bigint }>(
    'SELECT user_id AS id, balance_minor AS balance FROM deposits.account ORDER BY user_id',
  );
  return Object.fromEntries(rows.map(({ id, balance }) => [id.toString(), balance]));
}

describe('a fill', () => {
  test('is staged for its second business day, with later days moved, and moves the balance in that night', async () => {
    await deposits.open({ 1: 1_000n, 2: 50n });
    expect(await deposits.stage([aFill(), aFill({ fillId: 'f-2', amountMinor: '500', executedAt: '2026-11-23T15:30:00Z' })])).toMatchObject(
      {
        done: 2,
      },
    );
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-24')).toBe('700');
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1200');
    await deposits.stage([aFill({ fillId: 'f-3', amountMinor: '-100' })]);
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-24')).toBe('600');
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1100');

    deposits.setNow('2026-11-24T00:00:00+09:00');
    expect(await deposits.night('2026-11-24')).toMatchObject({ how: 'completed' });
    expect(await balances()).toEqual({ 1: 600n, 2: 50n });
    expect(await deposits.redis.get('user:1:balance')).toBe('600');
    expect(await deposits.redis.ttl('user:1:balance')).toBeGreaterThan(172_000);
    expect(await deposits.redis.exists('user:1:batch_balance:2026-11-24')).toBe(0);
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1100');

    deposits.setNow('2026-11-25T00:00:00+09:00');
    await deposits.night('2026-11-25');
    expect(await balances()).toEqual({ 1: 1_100n, 2: 50n });
    await deposits.run('deposits.rebuild', '2026-11-25T00:01');
    expect(await deposits.flaws()).toEqual([]);
  });
});
