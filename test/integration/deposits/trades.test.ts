import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
beforeAll(async () => {
  deposits = await aDeposits();
});
beforeEach(() => deposits.empty());

const day = '2026-11-24';
const aCancellation = (over: object = {}): object => ({ type: 'CANCELLED', fillId: 'f-1', userId: '1', ...over });

function staged(on = day): Promise<string | null> {
  return deposits.redis.get(`user:1:batch_balance:${on}`);
}

describe('a fill', () => {
  it('that comes again counts once, also three times in one chunk and after its night', async () => {
    await deposits.open({ 1: 1_000n });
    expect(await deposits.stage([aFill(), aFill(), aFill()])).toMatchObject({ done: 1, skipped: 2, dead: 0 });
    expect(await deposits.stage([aFill()])).toMatchObject({ done: 0, skipped: 1 });
    expect(await staged()).toBe('700');
    await deposits.settle(day);
    expect(await deposits.stage([aFill()])).toMatchObject({ skipped: 1 });
    await deposits.settle('2026-11-25');
    expect(await deposits.balances()).toEqual({ 1: 700n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it('counts for its own day whatever the order in which fills come', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill({ fillId: 'monday', amountMinor: '50', executedAt: '2026-11-23T15:30:00Z' })]);
    await deposits.stage([aFill({ fillId: 'friday' })]);
    expect([await staged(), await staged('2026-11-25')]).toEqual(['700', '750']);
    expect(await deposits.flaws()).toEqual([]);
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 700n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it('that comes when its day is settled counts from the next night on', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    await deposits.settle(day);
    deposits.setNow('2026-11-24T10:00:00+09:00');
    expect(await deposits.stage([aFill({ fillId: 'late', amountMinor: '-5' })])).toMatchObject({ done: 1 });
    expect([await staged(), await staged('2026-11-25')]).toEqual([null, '695']);
    await deposits.settle('2026-11-25');
    expect(await deposits.balances()).toEqual({ 1: 695n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it('that contradicts the ledger is put aside, naming the field, and its neighbours go on', async () => {
    await deposits.open({ 1: 1_000n, 2: 0n });
    await deposits.stage([aFill(), aFill({ fillId: 'f-0', userId: '2' })]);
    const counts = await deposits.stage([
      aFill({ amountMinor: '-301' }),
      aFill({ fillId: 'f-2', amountMinor: '-1' }),
      aFill({ userId: '2' }),
      aFill({ market: 'XNAS' }),
      aFill({ executedAt: '2026-11-19T15:30:00Z' }),
    ]);
    expect(counts).toMatchObject({ done: 1, dead: 4 });
    expect(await deposits.deadLetters()).toEqual([
      expect.stringContaining('amountMinor: '),
      expect.stringContaining('userId: '),
      expect.stringContaining('executedAt: '),
      expect.stringContaining('executedAt: '),
    ]);
    expect(await staged()).toBe('699');
    expect(await deposits.flaws()).toEqual([]);
  });

  it('and its contradiction in one chunk are told apart', async () => {
    await deposits.open({ 1: 1_000n });
    expect(await deposits.stage([aFill(), aFill({ amountMinor: '-1' })])).toMatchObject({ done: 1, dead: 1 });
    expect(await staged()).toBe('700');
  });

  it('of a user without an account is put aside, and counts when the account is there and it is given again', async () => {
    expect(await deposits.stage([aFill()])).toMatchObject({ dead: 1 });
    expect(await deposits.deadLetters()).toEqual([expect.stringContaining('userId: ')]);
    await deposits.open({ 1: 1_000n });
    expect(await deposits.stage([aFill()])).toMatchObject({ done: 1 });
    expect(await staged()).toBe('700');
  });

  it('beyond the years of a calendar is put aside, naming the file, and its neighbours go on', async () => {
    await deposits.open({ 1: 1_000n });
    expect(await deposits.stage([aFill({ executedAt: '2031-01-02T15:30:00Z' }), aFill({ fillId: 'f-2' })])).toMatchObject({
      done: 1,
      dead: 1,
    });
    expect(await deposits.deadLetters()).toEqual([expect.stringMatching(/calendars\/\w+\.json covers/)]);
    expect(await staged()).toBe('700');
  });

  it('that cannot be read is put aside, naming the field, and its neighbours go on', async () => {
    await deposits.open({ 1: 1_000n });
    const counts = await deposits.stage([
      '{',
      aFill({ fillId: 'f-2' }),
      aFill({ amountMinor: '0' }),
      aFill({ amountMinor: 300 }),
      aFill({ market: 'XLON' }),
      aFill({ userId: '-1' }),
      aFill({ executedAt: 'yesterday' }),
      aFill({ fillId: ' ' }),
      { type: 'SOLD' },
    ]);
    expect(counts).toMatchObject({ done: 1, dead: 8 });
    const fields = (await deposits.deadLetters()).map((text) => /amountMinor|market|userId|executedAt|fillId|type|JSON/.exec(text)?.[0]);
    expect(fields).toEqual(['JSON', 'amountMinor', 'amountMinor', 'market', 'userId', 'executedAt', 'fillId', 'type']);
  });
});

describe('a cancellation', () => {
  it('after its fill takes it back before it counts', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill(), aFill({ fillId: 'f-2', amountMinor: '-1' })]);
    expect(await deposits.stage([aCancellation(), aCancellation()])).toMatchObject({ done: 1, skipped: 1 });
    expect(await staged()).toBe('999');
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 999n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each([
    ['in an earlier chunk', [[aCancellation()], [aFill()]]],
    ['in the same chunk', [[aCancellation(), aFill()]]],
  ])('before its fill, %s, takes it back when it comes', async (_, chunks) => {
    await deposits.open({ 1: 1_000n });
    for (const chunk of chunks) await deposits.stage(chunk);
    expect(await staged()).toBe('1000');
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
    expect(await deposits.flaws()).toEqual([]);
    expect(await deposits.database.query('SELECT FROM deposits.early_cancellation')).toEqual([]);
  });

  it('of a fill that is settled gives it back on the next night', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    await deposits.settle(day);
    deposits.setNow('2026-11-24T10:00:00+09:00');
    expect(await deposits.stage([aCancellation()])).toMatchObject({ done: 1 });
    expect(await staged('2026-11-25')).toBe('1000');
    expect(await deposits.balances()).toEqual({ 1: 700n });
    await deposits.settle('2026-11-25');
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it('without its fill changes nothing, and waits', async () => {
    await deposits.open({ 1: 1_000n });
    expect(await deposits.stage([aCancellation()])).toMatchObject({ skipped: 1, dead: 0 });
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
    expect(await deposits.database.query('SELECT fill_id FROM deposits.early_cancellation')).toEqual([{ fill_id: 'f-1' }]);
  });

  it.each([
    ['before the fill', [[aCancellation({ userId: '2' })], [aFill()], [aCancellation()]]],
    ['before the fill, and the right one too', [[aCancellation({ userId: '2' }), aCancellation()], [aFill()]]],
    ['after the fill', [[aFill()], [aCancellation({ userId: '2' })], [aCancellation()]]],
  ])('that names the wrong user, %s, does not stand in the way of the right one', async (_, chunks) => {
    await deposits.open({ 1: 1_000n, 2: 0n });
    for (const chunk of chunks) await deposits.stage(chunk);
    expect(await staged()).toBe('1000');
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 1_000n, 2: 0n });
  });
});
