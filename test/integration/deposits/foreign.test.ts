import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

// Balances that other programs have staged. They stand for what a user has from a day on.
let deposits: Deposits;
beforeAll(async () => {
  deposits = await aDeposits();
});
beforeEach(async () => {
  await deposits.empty();
  await deposits.open({ 1: 1_000n });
});

const [day, next, afterNext] = ['2026-11-24', '2026-11-25', '2026-11-26'] as const;
const keyOf = (on: string, user = '1'): string => `user:${user}:batch_balance:${on}`;

async function indexed(on: string, user = '1'): Promise<void> {
  await deposits.redis.zadd('deposits:staged', 0, on);
  await deposits.redis.zadd(`deposits:staged:${on}`, 0, user);
}

function aside(): Promise<readonly { readonly key: string; readonly text: string; readonly reason: string }[]> {
  return deposits.database.query(
    `SELECT redis_key AS key, encode(substr(value, 1, 20), 'escape') AS text, reason FROM deposits.put_aside ORDER BY id`,
  );
}

function imports(): Promise<readonly { readonly amount: bigint; readonly due: string }[]> {
  return deposits.database.query(`SELECT amount_minor AS amount, due_on AS due FROM deposits.ledger WHERE kind = 'IMPORT' ORDER BY id`);
}

describe('a balance that another program has staged', () => {
  it.each([
    ['with the index', () => indexed(day)],
    ['without the index', () => Promise.resolve()],
  ])('%s is imported once', async (_, index) => {
    await deposits.redis.set(keyOf(day), '900');
    await index();
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 900n });
    expect(await imports()).toEqual([{ amount: -100n, due: day }]);
    expect(await deposits.flaws()).toEqual([]);
    await deposits.settle(next);
    expect(await deposits.balances()).toEqual({ 1: 900n });
    expect(await aside()).toEqual([]);
    expect(await deposits.flaws()).toEqual([]);
  });

  it('waits in the ledger for its day', async () => {
    await deposits.redis.set(keyOf(next), '900');
    await deposits.settle(day);
    expect([await deposits.balances(), await imports()]).toEqual([{ 1: 1_000n }, [{ amount: -100n, due: next }]]);
    expect(await deposits.redis.get(keyOf(next))).toBe('900');
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each([
    ['both without the index', []],
    ['the later one with the index', [next]],
    ['the earlier one with the index', [day]],
    ['both with the index', [day, next]],
  ])('for two days: the later one holds in the end, %s', async (_, withIndex) => {
    // Redis shows keys in the order of their hashes: of many users both orders come.
    const users = Array.from({ length: 40 }, (_, place) => String(place + 1));
    await deposits.open(Object.fromEntries(users.slice(1).map((user) => [user, 1_000n])));
    for (const user of users) {
      await deposits.redis.mset(keyOf(day, user), '900', keyOf(next, user), '950');
      for (const on of withIndex) await indexed(on, user);
    }
    await deposits.settle(next);
    expect(new Set(Object.values(await deposits.balances()))).toEqual(new Set([950n]));
    expect(await aside()).toEqual([]);
    expect(await deposits.flaws()).toEqual([]);
  });

  it('for an earlier day than one that is imported holds until that', async () => {
    await deposits.redis.set(keyOf(afterNext), '950');
    await deposits.stage([aFill()]);
    // The later day was the other's before our fill, and moved with it.
    expect(await deposits.redis.get(keyOf(afterNext))).toBe('650');
    await deposits.redis.set(keyOf(next), '900');
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 700n });
    await deposits.settle(next);
    expect(await deposits.balances()).toEqual({ 1: 900n });
    await deposits.settle(afterNext);
    expect(await deposits.balances()).toEqual({ 1: 650n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it('for a later day moves with an earlier fill of ours: the money of both is kept', async () => {
    await deposits.redis.set(keyOf(next), '1500');
    await deposits.stage([aFill()]);
    expect([await deposits.redis.get(keyOf(day)), await deposits.redis.get(keyOf(next))]).toEqual(['700', '1200']);
    expect(await deposits.flaws()).toEqual([]);
    await deposits.settle(day, next);
    expect(await deposits.balances()).toEqual({ 1: 1_200n });
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each([
    ['before its night', false],
    ['when a fill has come meanwhile', true],
  ])('over ours is put aside, and the ledger wins, %s', async (_, hasMore) => {
    await deposits.stage([aFill()]);
    await deposits.redis.set(keyOf(day), '5');
    if (hasMore) await deposits.stage([aFill({ fillId: 'f-2', amountMinor: '-1' })]);
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: hasMore ? 699n : 700n });
    expect(await aside()).toEqual([{ key: keyOf(day), text: '5', reason: 'notTheLedgers' }]);
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each([
    ['no integer', '12.5'],
    ['empty', ''],
    ['no decimal text', '1e3'],
    ['minus nothing', '-0'],
    ['beyond 64 bits', '9223372036854775808'],
    ['more than an account can add up', '9223372036854775807'],
    ['longer than a kilobyte', '9'.repeat(2_000)],
    ['of a megabyte', 'x'.repeat(1_048_576)],
    ['not even text', Buffer.from([0, 255, 10])],
  ])('that is %s is put aside, and the night goes on', async (_, value) => {
    await deposits.open({ 5: 10n });
    await deposits.stage([aFill({ userId: '5', amountMinor: '-10' })]);
    await deposits.redis.set(keyOf(day), value);
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 1_000n, 5: 0n });
    expect(await aside()).toMatchObject([{ key: keyOf(day), reason: 'notAnInteger' }]);
    expect(await deposits.redis.exists(keyOf(day))).toBe(0);
    await deposits.run('deposits.rebuild', `${day}T00:01`);
    expect(await deposits.flaws()).toEqual([]);
  });

  it.each([
    ['a list', () => deposits.redis.rpush(keyOf(day), '900')],
    ['a hash', () => deposits.redis.hset(keyOf(day), 'balance', '900')],
  ])('as %s is put aside, whether a fill of ours needs the key or not', async (_, write) => {
    await write();
    await deposits.stage([aFill()]);
    expect(await deposits.redis.get(keyOf(day))).toBe('700');
    await deposits.settle(day);
    await write();
    await deposits.settle(next);
    expect(await deposits.balances()).toEqual({ 1: 700n });
    expect(await aside()).toMatchObject([{ key: keyOf(day), reason: 'notAnInteger' }]);
    expect(await deposits.flaws()).toEqual([]);
  });

  it('for a user without an account is put aside', async () => {
    await deposits.redis.set(keyOf(day, '77'), '900');
    expect(await deposits.stage([aFill({ userId: '77' })])).toMatchObject({ dead: 1 });
    expect(await deposits.redis.get(keyOf(day, '77'))).toBe('900');
    await deposits.settle(day);
    expect(await aside()).toEqual([{ key: keyOf(day, '77'), text: '900', reason: 'noAccount' }]);
    await deposits.run('deposits.rebuild', `${day}T00:01`);
    expect(await deposits.flaws()).toEqual([]);
  });

  it('under a key that names no user or day is left where it is, and put aside once', async () => {
    const strange = [
      'user:0:batch_balance:2026-11-24',
      'user:1:batch_balance:2026-02-30',
      'user:x:batch_balance:',
      keyOf(day, '9'.repeat(19)),
    ];
    for (const key of strange) await deposits.redis.set(key, '900');
    await deposits.settle(day, next);
    expect((await aside()).map(({ key, reason }) => `${key} ${reason}`).sort()).toEqual(strange.map((key) => `${key} notAKey`).sort());
    expect(await deposits.redis.exists(...strange)).toBe(strange.length);
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
  });

  it.each([
    ['no text', Buffer.from([0, 255, 10])],
    ['a megabyte', Buffer.alloc(1_048_576, 'x')],
  ])('under a key that holds %s does not stop a night', async (_, user) => {
    await deposits.stage([aFill()]);
    const key = Buffer.concat([Buffer.from('user:'), user, Buffer.from(`:batch_balance:${day}`)]);
    await deposits.redis.set(key, '900');
    await deposits.settle(day, next);
    expect(await deposits.balances()).toEqual({ 1: 700n });
    expect(await aside()).toMatchObject([{ text: '900', reason: 'notAKey' }]);
    expect(await deposits.redis.exists(key)).toBe(1);
  });

  it('in an index that names no users does not stop a night', async () => {
    await deposits.stage([aFill()]);
    await deposits.redis.zadd(`deposits:staged:${day}`, 0, 'abc', 0, '-1', 0, '0', 0, '9223372036854775808');
    await deposits.redis.zadd('deposits:staged', 0, '!');
    await deposits.redis.zadd('deposits:staged:!', 0, '1');
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 700n });
    expect(await deposits.redis.get('user:1:balance')).toBe('700');
    expect(await deposits.redis.exists(keyOf(day))).toBe(0);
  });
});
