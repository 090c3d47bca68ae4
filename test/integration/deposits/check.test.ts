import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkStore } from '../../../pipelines/deposits/checkStore.ts';
import { checkDepositsRoute, type DepositDeskPorts } from '../../../pipelines/deposits/operate.routes.ts';
import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import type { Json } from '../../../src/runtime/jobs/job.ts';
import { aDeposits, aKeyStore, nowhere, type Deposits } from './aDeposits.ts';

const day = '2026-11-24';
const how = { balanceTtlSeconds: 3_600 };

let deposits: Deposits;
let there: KeyStore;
let away: KeyStore;

beforeAll(async () => {
  deposits = await aDeposits();
  [there, away] = [aKeyStore(deposits.redisUrl), aKeyStore(nowhere)];
});
beforeEach(() => deposits.empty());

/** Users 1, 2 and so on with a balance of 1,000, and a fill of -300 for the 24th. Answers their numbers. */
async function opened(count: number): Promise<readonly bigint[]> {
  const users = Array.from({ length: count }, (_, place) => BigInt(place + 1));
  await deposits.open(Object.fromEntries(users.map((user) => [user.toString(), 1_000n])));
  await deposits.database.execute(`
    INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, market, trade_day, due_on, recorded_at)
    SELECT user_id, 'f-' || user_id, 'FILL', -300, 'XNYS', '2026-11-20', '${day}', '2026-11-20Z' FROM deposits.account`);
  return users;
}

const show = (users: readonly bigint[]): Promise<void> => deposits.ports.projections.project(users, [], how);

/** The same, and Redis shows them. */
async function shown(count: number): Promise<void> {
  await show(await opened(count));
}

/** Moves what is due of these users in the ledger, and not in Redis, as a night does first. */
async function moved(...users: readonly number[]): Promise<void> {
  await deposits.database.withTransaction(async (transaction) => {
    const [row, account] = [`applied_on = '${day}'`, 'balance_minor = 700, ledger_version = ledger_version + 1'];
    await transaction.execute({
      text: `UPDATE deposits.ledger SET ${row} WHERE applied_on IS NULL AND user_id = ANY ($1)`,
      values: [users],
    });
    await transaction.execute({ text: `UPDATE deposits.account SET ${account} WHERE user_id = ANY ($1)`, values: [users] });
  });
}

interface Result {
  readonly findings: readonly { readonly what: string; readonly key: string }[];
}

/** What a check answers, and for how long it has waited; `meanwhile` happens instead. */
async function check(
  meanwhile: () => unknown = () => undefined,
  keyStore: Pick<KeyStore, 'runScript'> = there,
): Promise<{ readonly answer: Json & Result; readonly waitedMs: readonly number[]; readonly hasFindings: boolean | undefined }> {
  const waitedMs: number[] = [];
  const after = (ms: number, work: () => void): (() => void) => {
    waitedMs.push(ms);
    void Promise.resolve(meanwhile()).then(work);
    return () => undefined;
  };
  const ports = { depositChecks: checkStore(deposits.database, keyStore, { after }) };
  const answer = await checkDepositsRoute.answer(ports as DepositDeskPorts, {}, { name: 'kim', role: 'viewer' });
  return { answer: answer as Json & Result, waitedMs, hasFindings: checkDepositsRoute.hasFindings?.(answer) };
}

const right = { notTheSum: 0, differentInRedis: 0, behindInRedis: 0, balanceMissing: 0 };

describe('the check of all accounts', () => {
  it('says so at once where balances are the sums of their rows, and Redis shows them', async () => {
    await shown(2);
    const answer = { result: 'all balances are right', accounts: 2, ...right, findings: [] };
    expect(await check()).toEqual({ answer, waitedMs: [], hasFindings: false });
  });

  it('names each user whose balance is not the sum of the rows that are in it, also where Redis is away', async () => {
    await shown(3);
    await deposits.database.execute('UPDATE deposits.account SET balance_minor = 7 WHERE user_id = 2');
    const says = 'The balance of user 2 is not the sum of its rows in the ledger.';
    expect(await check(undefined, away)).toEqual({
      answer: {
        ...{ result: 'balances are wrong', accounts: 3, notTheSum: 1, redis: 'unreachable' },
        findings: [{ what: 'BALANCE', key: '2', says, foundMinor: '7', expectedMinor: '1000' }],
      },
      ...{ waitedMs: [], hasFindings: true },
    });
  });

  it('names at once each user of whom Redis shows something else than was written there', async () => {
    await shown(6);
    const { redis } = deposits;
    await redis.set('user:1:balance', '999');
    await redis.del(`user:2:batch_balance:${day}`);
    await redis.set(`user:3:batch_balance:${day}`, '7e2');
    await redis.set('user:4:balance', '7'.repeat(100_000));
    await redis.del('user:5:balance');
    await redis.rpush('user:5:balance', '1000');
    const other = { what: 'SHOWN', foundMinor: null, expectedMinor: '1000' };
    expect(await check()).toEqual({
      answer: {
        ...{ result: 'wrong balances are shown', accounts: 6, ...right, differentInRedis: 5 },
        findings: [
          { ...other, key: '1', says: 'Of user 1 Redis shows another balance.', foundMinor: '999' },
          { ...other, key: '2', says: `Of user 2 Redis shows no balance from ${day} on.`, expectedMinor: '700' },
          { ...other, key: '3', says: `Of user 3 Redis shows another balance from ${day} on.`, expectedMinor: '700' },
          { ...other, key: '4', says: 'Of user 4 Redis shows another balance.' },
          { ...other, key: '5', says: 'Of user 5 Redis shows another balance.' },
        ],
      },
      ...{ waitedMs: [], hasFindings: true },
    });
  });

  it('finds nothing in balances that nobody has moved for as long as they stand in Redis', async () => {
    await shown(2);
    await deposits.redis.del('user:1:balance');
    expect(await check()).toMatchObject({ answer: { ...right, balanceMissing: 1, findings: [] }, waitedMs: [], hasFindings: false });
  });

  it('counts who is behind, a moment later still: not who comes to where the ledger was, also where that has moved on', async () => {
    await shown(3);
    await moved(1, 2, 3);
    const { answer, waitedMs, hasFindings } = await check(async () => {
      await show([1n, 2n]);
      await deposits.database.execute('UPDATE deposits.account SET balance_minor = 0, ledger_version = 99 WHERE user_id = 2');
    });
    expect(answer).toEqual({ result: 'what is shown is behind', accounts: 3, ...right, behindInRedis: 1, findings: [] });
    expect([waitedMs, hasFindings]).toEqual([[2_000], true]);
  });

  it('counts who is behind after Redis has lost everything', async () => {
    await shown(2);
    await deposits.redis.flushdb();
    expect(await check()).toMatchObject({ answer: { ...right, behindInRedis: 2, balanceMissing: 2 }, hasFindings: true });
  });

  it('names whom a moment later Redis shows wrongly', async () => {
    await shown(2);
    await moved(1);
    const { answer } = await check(async () => {
      await show([1n]);
      await deposits.redis.set('user:1:balance', '5');
    });
    expect(answer).toMatchObject({ ...right, differentInRedis: 1, findings: [{ key: '1', foundMinor: '5', expectedMinor: '700' }] });
  });

  it('names who is ahead of a ledger that stands, as after a restore, and not who is ahead of what was read before a trade', async () => {
    await shown(2);
    const ahead = (user: number): Promise<unknown> =>
      Promise.all([deposits.redis.hset(`deposits:projection:${user}`, 'version', '9'), deposits.redis.set(`user:${user}:balance`, '1200')]);
    await Promise.all([ahead(1), ahead(2)]);
    const { answer } = await check(() => deposits.database.execute('UPDATE deposits.account SET ledger_version = 8 WHERE user_id = 2'));
    expect(answer).toMatchObject({ ...right, differentInRedis: 1, findings: [{ key: '1', foundMinor: '1200', expectedMinor: '1000' }] });
  });

  it('says nothing of what Redis shows where it goes away, and is no success', async () => {
    await shown(2);
    await deposits.redis.set('user:1:balance', '999');
    await moved(2);
    let now = there;
    const { answer, hasFindings } = await check(() => (now = away), { runScript: (lua, calls) => now.runScript(lua, calls) });
    expect(answer).toEqual({
      result: 'balances are right, what is shown is unknown',
      accounts: 2,
      notTheSum: 0,
      redis: 'unreachable',
      findings: [],
    });
    expect(hasFindings).toBe(true);
  });

  it('finds nothing in accounts that are gone a moment later', async () => {
    await shown(1);
    await moved(1);
    const { answer } = await check(() => deposits.database.execute('TRUNCATE deposits.account CASCADE'));
    expect(answer).toMatchObject({ result: 'all balances are right', accounts: 1, ...right, findings: [] });
  });

  it('names the first hundred of each kind', async () => {
    await shown(150);
    await deposits.database.execute('UPDATE deposits.account SET balance_minor = balance_minor + 1');
    const { answer } = await check();
    expect(answer).toMatchObject({ notTheSum: 150, differentInRedis: 150 });
    const keysOf = (kind: string): readonly string[] => answer.findings.filter(({ what }) => what === kind).map(({ key }) => key);
    expect(keysOf('BALANCE')).toEqual(Array.from({ length: 100 }, (_, place) => String(place + 1)));
    // Of each user the balance, and the staged day that is reckoned from it.
    expect(keysOf('SHOWN')).toEqual(Array.from({ length: 100 }, (_, place) => String(1 + Math.floor(place / 2))));
  });

  it('looks again at ten thousand who are behind, page by page; the others are behind', async () => {
    const users = await opened(10_005);
    const { answer } = await check(() => show(users.filter((user) => user !== 9_999n)));
    expect(answer).toMatchObject({ accounts: 10_005, ...right, behindInRedis: 6, balanceMissing: 10_005, findings: [] });
  });
});
