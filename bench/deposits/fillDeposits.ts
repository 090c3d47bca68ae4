import type { Redis } from 'ioredis';
import type { Client } from 'pg';

/** The night that is settled. */
export const night = '2025-11-25';

/**
 * Makes deposits of users 1 to `users` as staging leaves them, the same ones every time: an account, what it began with, and one fill that is
 * due in the night; in Redis balance, staged balance, index and what we know to have written.
 */
export async function fillDeposits(client: Client, redis: Redis, users: number): Promise<void> {
  await client.query('TRUNCATE deposits.account, deposits.ledger, deposits.put_aside, weir.job_run CASCADE');
  await client.query(fillAccounts, [users]);
  await client.query(fillLedger, [users, night]);
  await client.query('VACUUM ANALYZE deposits.account, deposits.ledger');
  await client.query('CHECKPOINT');
  await redis.flushall();
  for (let from = 1; from <= users; from += chunkSize) {
    await redis.eval(fillRedis, 0, night, from, Math.min(users, from + chunkSize - 1));
  }
}

/** Users that are written to Redis in one step. */
const chunkSize = 1_000;

/** What a user has before the night, and what the fill moves, in minor units. */
export const opening = '1000000 + n';
export const moved = '(CASE WHEN n % 2 = 0 THEN 1 ELSE -1 END) * (100 + n % 5000)';

const fillAccounts = `
  INSERT INTO deposits.account (user_id, balance_minor, ledger_version) SELECT n, ${opening}, 1 FROM generate_series(1, $1::bigint) AS n`;

const fillLedger = `
  INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, market, trade_day, due_on, applied_on, recorded_at)
  SELECT n, 'opening:' || n, 'OPENING', ${opening}, NULL, NULL, $2::date - 100, $2::date - 100, $2::date - 100
  FROM generate_series(1, $1::bigint) AS n
  UNION ALL
  SELECT n, 'f-' || n, 'FILL', ${moved}, 'XNYS', $2::date - 4, $2::date, NULL, $2::date - 4 FROM generate_series(1, $1::bigint) AS n`;

const fillRedis = `
for n = ARGV[2], ARGV[3] do
  local id, balance, moved = string.format('%d', n), 1000000 + n, 100 + n % 5000
  if n % 2 == 1 then moved = -moved end
  local staged = string.format('%d', balance + moved)
  redis.call('SET', 'user:' .. id .. ':balance', string.format('%d', balance), 'EX', 172800)
  redis.call('SET', 'user:' .. id .. ':batch_balance:' .. ARGV[1], staged)
  redis.call('HSET', 'deposits:projection:' .. id, 'version', '1', ARGV[1], staged)
  redis.call('ZADD', 'deposits:staged:' .. ARGV[1], 0, id)
end
redis.call('ZADD', 'deposits:staged', 0, ARGV[1])
`;
