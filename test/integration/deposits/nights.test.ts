import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
beforeAll(async () => {
  deposits = await aDeposits();
});
beforeEach(() => deposits.empty());

function staged(): Promise<readonly string[]> {
  return deposits.redis.keys('user:*:batch_balance:*').then((keys) => keys.sort());
}

describe('a fill', () => {
  it('is staged for its second business day, with later days moved, and moves the balance in that night', async () => {
    await deposits.open({ 1: 1_000n, 2: 50n });
    const monday = aFill({ fillId: 'f-2', amountMinor: '500', executedAt: '2026-11-23T15:30:00Z' });
    expect(await deposits.stage([aFill(), monday])).toMatchObject({ done: 2 });
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-24')).toBe('700');
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1200');
    await deposits.stage([aFill({ fillId: 'f-3', amountMinor: '-100' })]);
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-24')).toBe('600');
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1100');

    await deposits.settle('2026-11-24');
    expect(await deposits.balances()).toEqual({ 1: 600n, 2: 50n });
    expect(await deposits.redis.get('user:1:balance')).toBe('600');
    expect(await deposits.redis.ttl('user:1:balance')).toBeGreaterThan(172_000);
    expect(await deposits.redis.exists('user:1:batch_balance:2026-11-24')).toBe(0);
    expect(await deposits.redis.get('user:1:batch_balance:2026-11-25')).toBe('1100');

    await deposits.settle('2026-11-25');
    expect(await deposits.balances()).toEqual({ 1: 1_100n, 2: 50n });
    await deposits.run('deposits.rebuild', '2026-11-25T00:01');
    expect(await deposits.flaws()).toEqual([]);
  });
});

describe('a night', () => {
  it('is not settled before it begins in Seoul', async () => {
    deposits.setNow('2026-11-23T23:59:59+09:00');
    expect(await deposits.night('2026-11-24')).toMatchObject({ how: 'failed', failure: { code: 'invalidKey' } });
  });

  it('that has been settled is not settled again', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    await deposits.settle('2026-11-24');
    await expect(deposits.night('2026-11-24')).rejects.toMatchObject({ code: 'alreadyCompleted' });
    expect(await deposits.balances()).toEqual({ 1: 700n });
  });

  it.each([
    ['one by one', ['2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27']],
    ['with one missed', ['2026-11-24', '2026-11-26', '2026-11-27']],
    ['with three missed', ['2026-11-27']],
    ['with the missed ones made up for late, the newest first', ['2026-11-27', '2026-11-26', '2026-11-25', '2026-11-24']],
  ])('moves what is due: nights %s come to the same balances', async (_, nights) => {
    await deposits.open(Object.fromEntries(Array.from({ length: 12 }, (_, place) => [place + 1, 1_000n])));
    const days = ['2026-11-20', '2026-11-23', '2026-11-24', '2026-11-25'];
    const fills = days.flatMap((day, nth) =>
      Array.from({ length: 12 }, (_, place) =>
        aFill({
          ...{ fillId: `${day}/${place}`, userId: String(place + 1), amountMinor: String(-(nth + 1) * (place + 1)) },
          ...{ executedAt: `${day}T01:00:00Z`, market: 'XKRX' },
        }),
      ),
    );
    expect(await deposits.stage(fills)).toMatchObject({ done: 48 });
    expect(await staged()).toHaveLength(48);
    for (const night of nights) await deposits.settle(night);
    expect(await deposits.balances()).toEqual(
      Object.fromEntries(Array.from({ length: 12 }, (_, place) => [place + 1, 1_000n - 10n * BigInt(place + 1)])),
    );
    expect(await staged()).toEqual([]);
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each([
    // Seoul closes from Wednesday, 24 to Friday, 26 September 2026; Thanksgiving is Thursday, 26 November 2026.
    ['a long weekend', '2026-09-22T00:00:00+09:00', '2026-09-22T15:30:00Z', '2026-09-28'],
    ['the day before a holiday in New York only', '2026-11-25T15:00:00+09:00', '2026-11-25T15:30:00Z', '2026-11-30'],
    ['the day before a holiday in Seoul only', '2026-10-08T15:00:00+09:00', '2026-10-08T15:30:00Z', '2026-10-13'],
    ['a leap day', '2024-02-27T15:00:00+09:00', '2024-02-27T15:30:00Z', '2024-02-29'],
    ["a year's end", '2026-12-29T15:00:00+09:00', '2026-12-29T15:30:00Z', '2027-01-04'],
  ])('across %s moves a fill when it is due, and not before', async (_, now, executedAt, due) => {
    deposits.setNow(now);
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill({ executedAt })]);
    expect(await staged()).toEqual([`user:1:batch_balance:${due}`]);
    const before = new Date(Date.parse(`${due}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
    await deposits.settle(before);
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
    await deposits.settle(due);
    expect(await deposits.balances()).toEqual({ 1: 700n });
    expect(await deposits.flaws()).toEqual([]);
  });
});
