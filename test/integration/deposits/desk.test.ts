import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asideDepositsRoute, rebuildDepositsRoute, showDepositRoute } from '../../../pipelines/deposits/operate.routes.ts';
import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import type { Json } from '../../../src/runtime/jobs/job.ts';
import { aDeposits, aFill, aKeyStore, nowhere, type Deposits } from './aDeposits.ts';

const day = '2026-11-24';
const kim = { name: 'kim', role: 'operator' } as const;

let deposits: Deposits;
let away: KeyStore;

beforeAll(async () => {
  deposits = await aDeposits();
  away = aKeyStore(nowhere, { timeLimitMs: 500 });
});
beforeEach(() => deposits.empty());

/** User 1 with a balance of 1,000, and a fill of -300 for the 24th. */
async function aUser(): Promise<void> {
  await deposits.open({ 1: 1_000n });
  await deposits.stage([aFill()]);
}

describe('the account of a user', () => {
  const show = async (user: string, keyStore?: KeyStore): Promise<Json> =>
    showDepositRoute.answer(keyStore ? deposits.process({ keyStore }).ports : deposits.ports, { user }, kim);

  it('is shown by its ledger, beside what stands in Redis', async () => {
    await aUser();
    await deposits.redis.set('user:1:balance', '999');
    await deposits.redis.del(`user:1:batch_balance:${day}`);
    expect(await show('1')).toMatchObject({
      ...{ user: '1', balance: '1000', balanceInRedis: '999', version: '1', versionInRedis: '1' },
      staged: [{ day, balance: '700', balanceInRedis: null }],
      rows: [
        { fill: 'f-1', kind: 'FILL', amount: '-300', dueOn: day, appliedOn: null },
        { fill: 'opening:1', kind: 'OPENING', amount: '1000', appliedOn: '2026-01-01' },
      ],
    });
    expect(await show('1', away)).toMatchObject({ balance: '1000', balanceInRedis: 'unreachable', versionInRedis: 'unreachable' });
  });

  it('that does not exist is refused', async () => {
    await expect(show('7')).rejects.toMatchObject({ code: 'notFound', message: 'There is no deposit account of user 7.' });
  });
});

describe('what was put aside', () => {
  it('is listed with why, page by page', async () => {
    await deposits.open({ 1: 1_000n });
    for (const user of [1, 8, 9]) await deposits.redis.set(`user:${user}:batch_balance:${day}`, user === 1 ? 'x' : '5');
    await deposits.settle(day);
    const page = async (after?: string): Promise<{ readonly aside: readonly Json[]; readonly next: string | null }> =>
      (await asideDepositsRoute.answer(deposits.ports, { after, limit: 2 }, kim)) as never;
    const first = await page();
    const last = await page(first.next ?? '');
    expect([first.aside.length, last.aside.length, last.next]).toEqual([2, 1, null]);
    expect([...first.aside, ...last.aside]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: `user:1:batch_balance:${day}`, value: 'x', reason: 'notAnInteger' }),
        expect.objectContaining({ key: `user:8:batch_balance:${day}`, value: '5', reason: 'noAccount' }),
        expect.objectContaining({ key: `user:9:batch_balance:${day}`, value: '5', reason: 'noAccount' }),
      ]),
    );
  });
});

describe('a rebuild that is asked for', () => {
  it('is a run of its own each time, which shows what Redis has lost', async () => {
    await aUser();
    const ask = async (): Promise<string> => {
      const run = await deposits.database.withTransaction((transaction) =>
        Promise.resolve(rebuildDepositsRoute.act(transaction, deposits.ports, {}, { ...kim, reason: 'Redis has lost balances' })),
      );
      return (run as unknown as { readonly key: string }).key;
    };
    const first = await ask();
    deposits.setNow('2026-11-20T15:00:00.001+09:00');
    expect(await ask()).not.toBe(first);
    await deposits.redis.flushdb();
    expect(await deposits.run('deposits.rebuild', first)).toMatchObject({ how: 'completed' });
    expect(await deposits.flaws()).toEqual([]);
  });
});
