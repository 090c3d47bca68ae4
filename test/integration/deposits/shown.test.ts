import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectScript } from '../../../pipelines/deposits/projectionScripts.ts';
import { stagedTaker } from '../../../pipelines/deposits/takeStagedStore.ts';
import { lockAccounts } from '../../../pipelines/deposits/ledgerStore.ts';
import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import { aDeposits, aFill, aKeyStore, nowhere, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
let keyStore: KeyStore;
beforeAll(async () => {
  deposits = await aDeposits();
  keyStore = aKeyStore(deposits.redisUrl);
});
beforeEach(() => deposits.empty());

const day = '2026-11-24';
const how = { balanceTtlSeconds: 3_600 };

/** Users from 1 on with a balance of 1,000 and a fill of -300 for the 24th. */
async function withFills(count: number): Promise<void> {
  const users = Array.from({ length: count }, (_, place) => String(place + 1));
  await deposits.open(Object.fromEntries(users.map((user) => [user, 1_000n])));
  await deposits.stage(users.map((userId) => aFill({ fillId: `f-${userId}`, userId })));
  deposits.setNow(`${day}T00:00:00+09:00`);
}

describe('a night without Redis', () => {
  it.each([3, 1_000])('moves the balances of all %i users', async (count) => {
    await withFills(count);
    const away = aKeyStore(nowhere, { timeLimitMs: 500 });
    const end = await deposits.process({ keyStore: away }).run('deposits.settle', day);
    expect(end).toMatchObject({ how: 'failed', failure: { code: 'unavailable' } });
    expect(new Set(Object.values(await deposits.balances()))).toEqual(new Set([700n]));
    await deposits.night(day);
    expect(await deposits.flaws()).toEqual([]);
  });
});

describe('of two projections of a user', () => {
  it('the one that was read earlier and comes later changes nothing', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    const { promise: read, resolve: hasRead } = Promise.withResolvers<undefined>();
    const { promise: written, resolve: hasWritten } = Promise.withResolvers<undefined>();
    const slow = deposits.process({
      keyStore: {
        ...keyStore,
        runScript: async (lua, calls) => {
          hasRead(undefined);
          await written;
          return keyStore.runScript(lua, calls);
        },
      },
    });
    const late = slow.ports.projections.project([1n], [], how);
    await read;
    await deposits.stage([aFill({ fillId: 'f-2', amountMinor: '-50' })]);
    hasWritten(undefined);
    await late;
    expect(await deposits.redis.get(`user:1:batch_balance:${day}`)).toBe('650');
    expect(await deposits.flaws()).toEqual([]);
  });

  it('that of before an import is older than that of after it', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    const versionOf = async (): Promise<unknown> =>
      (await deposits.database.query('SELECT ledger_version AS version FROM deposits.account'))[0];
    const before = await versionOf();
    await deposits.database.withTransaction(async (transaction) => {
      await lockAccounts(transaction, [1n]);
      await stagedTaker(() => deposits.clock.now())(transaction, [{ userId: 1n, day: '2026-11-26', value: Buffer.from('650') }]);
    });
    expect(await versionOf()).not.toEqual(before);
  });

  it('that of a database which was restored overtakes what Redis has from before', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    await deposits.redis.hset('deposits:projection:1', 'version', '900');
    await deposits.stage([aFill({ fillId: 'f-2', amountMinor: '-50' })]);
    expect(await deposits.flaws()).toEqual([]);
  });
});

describe('what is not ours where ours should be', () => {
  it.each([
    ['a text', () => deposits.redis.set('deposits:projection:1', 'x')],
    ['a version that is none', () => deposits.redis.hset('deposits:projection:1', 'version', 'abc')],
    ['an index that is none', () => deposits.redis.set(`deposits:staged:${day}`, 'x')],
    ['an index of days that is none', () => deposits.redis.set('deposits:staged', 'x')],
    ['nothing', () => deposits.redis.del('deposits:projection:1')],
  ])('(%s) stops neither trades nor a night, of this user or of others', async (_, write) => {
    await deposits.open({ 1: 1_000n, 2: 1_000n });
    await write();
    await deposits.stage([aFill(), aFill({ fillId: 'f-2', userId: '2' })]);
    expect(await deposits.flaws()).toEqual([]);
    await write();
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 700n, 2: 700n });
    expect(await deposits.flaws()).toEqual([]);
  });
});

/** Projections whose writing another program comes before, with what it stages of user 1. */
function stagedBefore(next: () => string | undefined): Deposits['ports']['projections'] {
  const runScript: KeyStore['runScript'] = async (lua, calls) => {
    const value = lua === projectScript ? next() : undefined;
    if (value !== undefined) await deposits.redis.set(`user:1:batch_balance:${day}`, value);
    return keyStore.runScript(lua, calls);
  };
  return deposits.process({ keyStore: { ...keyStore, runScript } }).ports.projections;
}

describe('a balance that another program has staged', () => {
  it('and writes again while it is looked at is taken over once', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.database.withTransaction((transaction) =>
      deposits.ports.balances.settle(
        transaction,
        [
          { kind: 'staged', place: 'a', userId: 1n, day, value: Buffer.from('900') },
          { kind: 'staged', place: 'b', userId: 1n, day, value: Buffer.from('950') },
        ],
        day,
      ),
    );
    expect(await deposits.balances()).toEqual({ 1: 900n });
    const aside = await deposits.database.query('SELECT value, reason FROM deposits.put_aside');
    expect(aside).toEqual([{ value: Buffer.from('950'), reason: 'notTheLedgers' }]);
  });

  it('just before ours is written is put aside, and ours is shown', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    const values = ['900'];
    await stagedBefore(() => values.pop()).project([1n], [], how);
    expect(await deposits.redis.get(`user:1:batch_balance:${day}`)).toBe('700');
    const aside = await deposits.database.query('SELECT redis_key, value, reason FROM deposits.put_aside');
    expect(aside).toEqual([{ redis_key: `user:1:batch_balance:${day}`, value: Buffer.from('900'), reason: 'notTheLedgers' }]);
    expect(await deposits.flaws()).toEqual([]);
  });

  it('again and again before ours is written is left to a later try', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.stage([aFill()]);
    let value = 900;
    await expect(stagedBefore(() => String((value += 1))).project([1n], [], how)).rejects.toMatchObject({ code: 'conflict' });
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
  });

  it('for a day before the account was opened is put aside', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.redis.set('user:1:batch_balance:2025-12-30', '900');
    await deposits.settle(day);
    expect(await deposits.balances()).toEqual({ 1: 1_000n });
    expect(await deposits.redis.exists('user:1:batch_balance:2025-12-30')).toBe(0);
  });

  it('for a day far ahead keeps its money beside that of fills which come after the next night', async () => {
    await deposits.open({ 1: 1_000n });
    await deposits.redis.set('user:1:batch_balance:2026-12-31', '900');
    await deposits.settle('2026-11-21');
    await deposits.stage([aFill()]);
    await deposits.settle(day, '2026-12-31');
    expect(await deposits.balances()).toEqual({ 1: 600n });
    expect(await deposits.flaws()).toEqual([]);
  });
});
