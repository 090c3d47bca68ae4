import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import { balanceKey, daysKey, indexKey, stagedKey } from '../../pipelines/deposits/stagedKey.ts';
import { moved, night, opening } from './fillDeposits.ts';

/** Users whose keys are looked at in one step. */
const pageSize = 1_000;

/** Throws unless every account has what it had and what its fill moved. */
export async function requireBalances(client: Client, users: number): Promise<void> {
  const { rows } = await client.query<{ right: number }>(rightBalances);
  if (rows[0]?.right !== users) throw new Error(`Of ${users} balances ${rows[0]?.right} are right.`);
}

/** Throws unless each row of the ledger is applied, those of the night in it. */
export async function requireLedger(client: Client, users: number): Promise<void> {
  const { rows } = await client.query<{ right: number }>(rightRows, [night]);
  if (rows[0]?.right !== 2 * users) throw new Error(`Of ${2 * users} rows of the ledger ${rows[0]?.right} are right.`);
}

/** Throws unless Redis shows every balance, each with its time to live, and nothing is staged. */
export async function requireShown(redis: Redis, users: number): Promise<void> {
  for (let from = 1; from <= users; from += pageSize) {
    const ids = Array.from({ length: Math.min(pageSize, users + 1 - from) }, (_, place) => BigInt(from + place));
    const [balances, staged] = [
      await redis.mget(ids.map(balanceKey)),
      await redis.exists(ids.map((userId) => stagedKey({ userId, day: night }))),
    ];
    const wrong = ids.findIndex((id, place) => balances[place] !== balanceOf(Number(id)).toString());
    if (wrong !== -1) throw new Error(`Redis shows ${balances[wrong]} of user ${ids[wrong]}, not ${balanceOf(Number(ids[wrong]))}.`);
    if (staged > 0) throw new Error(`${staged} balances from user ${from} on are still staged.`);
    if ((await redis.ttl(balanceKey(ids[0] as bigint))) <= 0) throw new Error(`The balance of user ${from} has no time to live.`);
  }
}

/** Throws unless the indexes of staged balances are gone. */
export async function requireNoIndex(redis: Redis): Promise<void> {
  if ((await redis.exists(daysKey, indexKey(night))) > 0) throw new Error('There is an index of a day that has nothing staged.');
}

function balanceOf(user: number): number {
  return 1_000_000 + user + (user % 2 === 0 ? 1 : -1) * (100 + (user % 5_000));
}

const rightBalances = `
  SELECT count(*)::integer AS right FROM (SELECT user_id AS n, balance_minor FROM deposits.account) AS account
  WHERE balance_minor = ${opening} + ${moved}`;

const rightRows = `
  SELECT count(*)::integer AS right FROM deposits.ledger
  WHERE CASE kind WHEN 'OPENING' THEN applied_on < $1::date WHEN 'FILL' THEN applied_on = $1::date ELSE false END`;
