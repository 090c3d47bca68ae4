import type { Redis } from 'ioredis';
import { Pool } from 'pg';
import { balanceKey } from '../../pipelines/deposits/stagedKey.ts';
import { night } from './fillDeposits.ts';

const connections = 10;
const usersAtOnce = 100;
const balanceTtlSeconds = 172_800;

/**
 * Settles a night as programs commonly do it: staged keys by SCAN (KEYS would block Redis for as long as it looks), then for each, a hundred
 * at once, GET, an UPDATE of the account to that value, SET with a time to live, UNLINK.
 */
export async function scanAndSet(url: string, redis: Redis): Promise<number> {
  const pool = new Pool({ connectionString: url, max: connections });
  const settle = async (key: string): Promise<void> => {
    const userId = key.split(':')[1] as string;
    const balance = (await redis.get(key)) as string;
    await pool.query({
      name: 'settle',
      text: 'UPDATE deposits.account SET balance_minor = $2 WHERE user_id = $1',
      values: [userId, balance],
    });
    await redis.set(balanceKey(BigInt(userId)), balance, 'EX', balanceTtlSeconds);
    await redis.unlink(key);
  };
  let settled = 0;
  try {
    for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `user:*:batch_balance:${night}`, 'COUNT', 1_000);
      cursor = next;
      for (let from = 0; from < keys.length; from += usersAtOnce) await Promise.all(keys.slice(from, from + usersAtOnce).map(settle));
      settled += keys.length;
    }
    return settled;
  } finally {
    await pool.end();
  }
}
