import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkStore } from '../../../pipelines/deposits/checkStore.ts';
import {
  asideDepositsRoute,
  checkDepositsRoute,
  rebuildDepositsRoute,
  showDepositRoute,
  type DepositDeskPorts,
} from '../../../pipelines/deposits/operate.routes.ts';
import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import { openKeyStore } from '../../../src/connectors/redis/openKeyStore.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Json } from '../../../src/runtime/jobs/job.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

const day = '2026-11-24';
const kim = { name: 'kim', role: 'operator' } as const;

let deposits: Deposits;
let there: KeyStore;
let away: KeyStore;

beforeAll(async () => {
  deposits = await aDeposits();
  const open = (url: string): KeyStore => {
    const opened = openKeyStore({ url, clock: realClock, origin: 'its url', name: 'desk', timeLimitMs: 2_000 });
    atTheEnd(() => opened.close());
    return opened;
  };
  [there, away] = [open(deposits.redisUrl), open('redis://127.0.0.1:1')];
});
beforeEach(() => deposits.empty());

/** Users 1, 2 and so on with a balance of 1,000, and a fill of -300 for the 24th; Redis shows all of it. */
async function users(count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, place) => String(place + 1));
  await deposits.open(Object.fromEntries(numbers.map((user) => [user, 1_000n])));
  await deposits.stage(numbers.map((userId) => aFill({ fillId: `f-${userId}`, userId })));
}

interface CheckWith {
  readonly keyStore?: Pick<KeyStore, 'run'>;
  /** Happens between both looks, instead of the moment that passes. */
  readonly meanwhile?: () => Promise<unknown> | undefined;
}

function check({ keyStore = there, meanwhile = () => undefined }: CheckWith = {}): Promise<Json> {
  const after = (_: number, work: () => void): (() => void) => {
    void Promise.resolve(meanwhile()).then(work);
    return () => undefined;
  };
  const ports = { depositChecks: checkStore(deposits.database, keyStore, { after }) };
  return Promise.resolve(checkDepositsRoute.answer(ports as DepositDeskPorts, {}, kim));
}

const hasFindings = (answer: Json): boolean | undefined => checkDepositsRoute.hasFindings?.(answer);

describe('the check of all accounts', () => {
  it('says so where balances are the sums of their rows, and Redis shows them', async () => {
    await users(2);
    const answer = await check();
    expect(answer).toEqual({
      ...{ result: 'the balances are right, and Redis shows them', accounts: 2, notTheSum: 0, differentInRedis: 0, balanceMissing: 0 },
      findings: [],
    });
    expect(hasFindings(answer)).toBe(false);
  });

  it('names each user whose balance is not the sum of the rows that are in it, also where Redis is away', async () => {
    await users(3);
    await deposits.database.execute('UPDATE deposits.account SET balance_minor = 7 WHERE user_id = 2');
    const says = 'The balance of user 2 is not the sum of its rows in the ledger.';
    const answer = await check({ keyStore: away });
    expect(answer).toEqual({
      ...{ result: 'balances are wrong, or Redis shows others', accounts: 3, notTheSum: 1, redis: 'unreachable' },
      findings: [{ what: 'BALANCE', key: '2', says, foundMinor: '7', expectedMinor: '1000' }],
    });
    expect(hasFindings(answer)).toBe(true);
  });

  it('names each user of whom Redis shows something else, or nothing from a staged day on', async () => {
    await users(4);
    await deposits.redis.set('user:1:balance', '999');
    await deposits.redis.del(`user:2:batch_balance:${day}`);
    await deposits.redis.set(`user:3:batch_balance:${day}`, '7e2');
    const answer = await check();
    expect(answer).toMatchObject({
      ...{ result: 'balances are wrong, or Redis shows others', accounts: 4, notTheSum: 0, differentInRedis: 3 },
      findings: [
        { what: 'SHOWN', key: '1', says: 'Of user 1 Redis shows another balance.', foundMinor: '999', expectedMinor: '1000' },
        { what: 'SHOWN', key: '2', says: `Of user 2 Redis shows no balance from ${day} on.`, foundMinor: null, expectedMinor: '700' },
        { what: 'SHOWN', key: '3', says: `Of user 3 Redis shows another balance from ${day} on.`, foundMinor: null, expectedMinor: '700' },
      ],
    });
    expect(hasFindings(answer)).toBe(true);
  });

  it('finds nothing in balances that nobody has moved for as long as they stand in Redis', async () => {
    await users(2);
    await deposits.redis.del('user:1:balance');
    expect(await check()).toMatchObject({ differentInRedis: 0, balanceMissing: 1, findings: [] });
  });

  it('finds nothing in what is right a moment later, nor where the ledger has moved meanwhile', async () => {
    await users(3);
    for (const user of [1, 2, 3]) await deposits.redis.set(`user:${user}:balance`, '999');
    const answer = await check({
      meanwhile: async () => {
        await deposits.redis.set('user:1:balance', '1000');
        await deposits.database.execute('UPDATE deposits.account SET ledger_version = ledger_version + 1 WHERE user_id = 2');
      },
    });
    expect(answer).toMatchObject({ differentInRedis: 3, findings: [{ key: '3' }] });
  });

  it('says nothing of what Redis shows where it goes away, and is no success', async () => {
    await users(1);
    await deposits.redis.set('user:1:balance', '999');
    let now = there;
    const answer = await check({
      keyStore: { run: (commands) => now.run(commands) },
      meanwhile: async () => {
        now = await Promise.resolve(away);
      },
    });
    expect(answer).toEqual({
      ...{ result: 'the balances are right; what Redis shows was not looked at', accounts: 1, notTheSum: 0, redis: 'unreachable' },
      findings: [],
    });
    expect(hasFindings(answer)).toBe(true);
  });

  it('reads all pages, and names the first hundred of each kind', async () => {
    await users(2_050);
    await deposits.database.execute('UPDATE deposits.account SET balance_minor = balance_minor + 1 WHERE user_id > 1900');
    const answer = (await check()) as { readonly findings: readonly { readonly what: string; readonly key: string }[] };
    expect(answer).toMatchObject({ accounts: 2_050, notTheSum: 150, differentInRedis: 150 });
    const first = Array.from({ length: 100 }, (_, place) => String(1_901 + place));
    for (const what of ['BALANCE', 'SHOWN']) {
      const keys = answer.findings.filter((finding) => finding.what === what).map(({ key }) => key);
      // Of a user of whom Redis shows another balance the staged day is another too.
      expect([...new Set(keys)]).toEqual(what === 'BALANCE' ? first : first.slice(0, 50));
      expect(keys).toHaveLength(100);
    }
  });
});

describe('the account of a user', () => {
  const show = async (user: string, keyStore?: KeyStore): Promise<Json> =>
    showDepositRoute.answer(keyStore ? deposits.process({ keyStore }).ports : deposits.ports, { user }, kim);

  it('is shown by its ledger, beside what stands in Redis', async () => {
    await users(1);
    await deposits.redis.set('user:1:balance', '999');
    await deposits.redis.del(`user:1:batch_balance:${day}`);
    expect(await show('1')).toMatchObject({
      ...{ user: '1', balance: '1000', balanceInRedis: '999' },
      staged: [{ day, balance: '700', balanceInRedis: null }],
      rows: [
        { fill: 'f-1', kind: 'FILL', amount: '-300', dueOn: day, appliedOn: null },
        { fill: 'opening:1', kind: 'OPENING', amount: '1000', appliedOn: '2026-01-01' },
      ],
    });
    expect(await show('1', away)).toMatchObject({ balance: '1000', balanceInRedis: 'unreachable' });
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
    await users(1);
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
