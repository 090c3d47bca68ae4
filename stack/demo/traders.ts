import type { Redis } from 'ioredis';
import { filledTopic } from '../../pipelines/deposits/filledTopic.ts';
import { markets } from '../../pipelines/shared/market.ts';
import { seoulDay } from '../../pipelines/shared/seoulTime.ts';
import type { Database } from '../../src/connectors/database.ts';
import { connected } from './redisClient.ts';

/** How many customers trade overseas. */
export const traderCount = 300;

/** What each began with, in won. */
const openingMinor = 1_000_000n;

/** Of these, those that do. */
const tradingCount = traderCount * 0.9;

/** What another program adds to whom it stages a balance for. */
const strangeMinor = 5_000n;

const dayMs = 86_400_000;

/** What exchanges' programs may write by mistake: a market that there is not, a user that there is not, and no JSON. */
const poison = [
  '{"type":"FILLED","fillId":"x-1","userId":"1","market":"XLON","amountMinor":"1","executedAt":"2026-12-01T15:00:00Z"}',
  '{"type":"FILLED","fillId":"x-2","userId":"999999","market":"XNYS","amountMinor":"1","executedAt":"2026-12-01T15:00:00Z"}',
  'fill x-3 of user 3',
];

/** What was written for traders, and what has to become of it. */
export interface Trading {
  /** Different fills that a ledger may have. */
  readonly fills: number;
  /** Of these, those that were taken back. */
  readonly cancelled: number;
  /** Entries that no program can read, or that name nobody. */
  readonly poison: number;
  /** Balances that another program staged, and what they add. */
  readonly imported: number;
  readonly importedMinor: bigint;
  /** Values of that program that are no balances. */
  readonly strange: number;
}

export interface TradingPlace {
  readonly redisUrl: string;
  /** Calendar time. */
  readonly now: Date;
  /** Whether another program stages balances too. */
  readonly isShared: boolean;
}

/** Opens the accounts of the traders. */
export async function openTraders(database: Database): Promise<void> {
  await database.execute({ text: openAccounts, values: [Array.from({ length: traderCount }, (_, at) => BigInt(at + 1)), openingMinor] });
}

/**
 * Exchanges report fills of the last three days, some twice, some taken back, some of these before the fill itself; and another program stages
 * balances on its own, one of which is none. The last tenth of the traders does not trade, so that those balances are theirs.
 */
export async function reportTrades({ redisUrl, now, isShared }: TradingPlace): Promise<Trading> {
  const { entries, ...written } = tradesOf(now);
  const redis = await connected(redisUrl);
  const pipeline = redis.pipeline();
  for (const value of [...entries, ...poison]) pipeline.xadd(filledTopic.name, '*', 'key', '', 'value', value);
  const day = seoulDay(new Date(now.getTime() + 2 * dayMs));
  const strangers = isShared ? [1, 2, 3, 4, 5].map((number) => tradingCount + number) : [];
  for (const user of strangers) pipeline.set(`user:${user}:batch_balance:${day}`, String(openingMinor + strangeMinor));
  if (isShared) pipeline.set(`user:${traderCount}:batch_balance:${day}`, 'about a million');
  await pipeline.exec();
  redis.disconnect();
  const imported = { imported: strangers.length, importedMinor: strangeMinor * BigInt(strangers.length) };
  return { ...written, ...imported, poison: poison.length, strange: isShared ? 1 : 0 };
}

/** What exchanges write, in their order, and how many fills that are. */
function tradesOf(now: Date): Pick<Trading, 'fills' | 'cancelled'> & { readonly entries: readonly string[] } {
  const entries: string[] = [];
  let [fills, cancellations] = [0, 0];
  for (let user = 1; user <= tradingCount; user += 1) {
    for (let number = 0; number < 1 + (user % 3); number += 1) {
      const fillId = `${seoulDay(now)}-${user}-${number}`;
      const fill = JSON.stringify({
        ...{ type: 'FILLED', fillId, userId: String(user), market: markets[(user + number) % markets.length] },
        amountMinor: String((user + number) % 2 === 0 ? -25_000 - user : 31_000 + user * 7),
        executedAt: new Date(now.getTime() - (1 + ((user + number) % 3)) * dayMs).toISOString(),
      });
      const isCancelled = user % 10 === 0 && number === 0;
      const cancelled = isCancelled ? [JSON.stringify({ type: 'CANCELLED', fillId, userId: String(user) })] : [];
      const copies = user % 7 === 0 ? [fill, fill] : [fill];
      entries.push(...(user % 20 === 0 ? [...cancelled, ...copies] : [...copies, ...cancelled]));
      fills += 1;
      cancellations += cancelled.length;
    }
  }
  return { entries, fills, cancelled: cancellations };
}

/** Redis loses what it shows of every fifth trader; answers how many keys that were. */
export async function loseBalances(redisUrl: string): Promise<number> {
  const redis = await connected(redisUrl);
  const keys: string[] = [];
  for (let user = 5; user <= traderCount; user += 5) keys.push(...(await stagedKeys(redis, user)), `user:${user}:balance`);
  const lost = await redis.del(...keys);
  redis.disconnect();
  return lost;
}

async function stagedKeys(redis: Redis, user: number): Promise<readonly string[]> {
  const days = await redis.zrange('deposits:staged', '0', '-1');
  return days.map((day) => `user:${user}:batch_balance:${day}`);
}

const openAccounts = `
  WITH opened AS (
    INSERT INTO deposits.account (user_id, balance_minor) SELECT user_id, $2 FROM unnest($1::bigint[]) AS trader (user_id) RETURNING user_id
  )
  INSERT INTO deposits.ledger (user_id, fill_id, kind, amount_minor, due_on, applied_on, recorded_at)
  SELECT user_id, 'opening:' || user_id, 'OPENING', $2, '2026-01-01', '2026-01-01', '2026-01-01Z' FROM opened`;
