import type { Redis } from 'ioredis';
import type { Client } from 'pg';
import { filledTopic } from '../../pipelines/deposits/filledTopic.ts';
import { indexKey, stagedKey } from '../../pipelines/deposits/stagedKey.ts';

/** Trades that are written in one round trip. */
const chunkSize = 1_000;

/** Puts a fill of each user 1 to `users` on the stream, over accounts that have nothing due; Redis is empty but for the stream. */
export async function fillStream(client: Client, redis: Redis, users: number): Promise<void> {
  await client.query(`DELETE FROM deposits.ledger WHERE kind = 'FILL'`);
  await client.query('UPDATE deposits.account SET balance_minor = 1000000 + user_id, settled_on = NULL');
  await client.query('VACUUM ANALYZE deposits.account, deposits.ledger');
  await client.query('CHECKPOINT');
  await redis.flushall();
  for (let from = 1; from <= users; from += chunkSize) {
    const pipeline = redis.pipeline();
    for (let user = from; user < Math.min(users + 1, from + chunkSize); user += 1) {
      pipeline.xadd(filledTopic.name, '*', 'key', String(user), 'value', JSON.stringify(fillOf(user)));
    }
    await pipeline.exec();
  }
}

/** Throws unless each user's fill is in the ledger, staged in Redis and in the index of its day. */
export async function requireStaged(client: Client, redis: Redis, users: number): Promise<void> {
  const { rows } = await client.query<{ day: string; fills: number }>(staged);
  const [{ day, fills } = { day: '', fills: 0 }] = rows;
  if (rows.length !== 1 || fills !== users) throw new Error(`Of ${users} fills ${fills} are in the ledger, on ${rows.length} days.`);
  const indexed = await redis.zcard(indexKey(day));
  if (indexed !== users) throw new Error(`Of ${users} users ${indexed} are in the index.`);
  for (let user = 1; user <= users; user += chunkSize) {
    const ids = Array.from({ length: Math.min(chunkSize, users + 1 - user) }, (_, place) => BigInt(user + place));
    const values = await redis.mget(ids.map((userId) => stagedKey({ userId, day })));
    const wrong = ids.findIndex((id, place) => values[place] !== (1_000_000n + id - 300n).toString());
    if (wrong !== -1) throw new Error(`Redis shows ${values[wrong]} staged for user ${ids[wrong]}.`);
  }
}

function fillOf(user: number): object {
  const [userId, market] = [String(user), 'XNYS'];
  return { type: 'FILLED', fillId: `staged-${user}`, userId, market, amountMinor: '-300', executedAt: '2026-11-20T15:30:00Z' };
}

const staged = `
  SELECT due_on::text AS day, count(*)::integer AS fills FROM deposits.ledger WHERE kind = 'FILL' AND applied_on IS NULL GROUP BY due_on`;
