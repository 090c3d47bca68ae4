import type { Database, Queryable } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import type { Night } from './nightReader.ts';
import { behindScript } from './projectionScripts.ts';
import { runOverUsers } from './runOverUsers.ts';
import { shardCount } from './settlePart.ts';

/** Whom a night concerns, by the ledger. Pages are in the order of users, above `after`. */
export interface OwedStore {
  /** How many users have something due until the night, by shard. */
  count(day: string): Promise<ReadonlyMap<number, number>>;
  /** Whether anybody has something due until the night that is not in his balance. */
  isAnybody(day: string): Promise<boolean>;
  /** Users with something due until the night that is not in their balance. */
  page(night: Night, after: bigint, limit: number): Promise<readonly bigint[]>;
  /** Users whom this night has moved and whose projection is older, or gone. */
  pageBehind(night: Night, after: bigint, limit: number, signal: AbortSignal): Promise<readonly bigint[]>;
  /** All users of a shard. */
  pageAll(shard: number, after: bigint, limit: number): Promise<readonly bigint[]>;
  /** All users, by shard. */
  countAll(): Promise<ReadonlyMap<number, number>>;
}

interface ShardRow {
  readonly shard: number;
  readonly users: number;
}

interface MovedRow {
  readonly userId: bigint;
  readonly version: bigint;
}

/** Whom a night concerns, in a database, and by what stands in Redis. */
export function owedStore(database: Database, keyStore: Pick<KeyStore, 'runScript'>): OwedStore {
  const users = async (name: string, text: string, values: readonly unknown[]): Promise<readonly bigint[]> =>
    (await database.query<{ userId: bigint }>({ name, text, values })).map(({ userId }) => userId);
  return {
    count: (day) => byShard(database, { name: 'deposits-count-owed', text: countOwed, values: [shardCount, day] }),
    isAnybody: async (day) => (await database.query({ name: 'deposits-anybody-owed', text: anybody, values: [day] })).length > 0,
    page: ({ day, shard }, after, limit) => users('deposits-owed', owed, [day, after, shardCount, shard, limit]),
    pageBehind: async ({ day, shard }, start, limit, signal) => {
      for (let after = start; !signal.aborted;) {
        const values = [day, after, shardCount, shard, limit];
        const moved = await database.query<MovedRow>({ name: 'deposits-moved', text: movedBy, values });
        const last = moved.at(-1);
        if (last === undefined) return [];
        const told = moved.map(({ userId, version }) => [userId, version]);
        const behind = (await runOverUsers(keyStore, behindScript, told)).flat();
        if (behind.length > 0) return behind.map((userId) => BigInt(String(userId)));
        after = last.userId;
      }
      return [];
    },
    pageAll: (shard, after, limit) => users('deposits-all-accounts', allAccounts, [after, shardCount, shard, limit]),
    countAll: () => byShard(database, { name: 'deposits-count-accounts', text: countAccounts, values: [shardCount] }),
  };
}

async function byShard(database: Queryable, statement: Parameters<Queryable['query']>[0]): Promise<ReadonlyMap<number, number>> {
  const rows = await database.query<ShardRow>(statement);
  return new Map(rows.map(({ shard, users }) => [shard, users]));
}

const countOwed = `
  SELECT (user_id % $1)::integer AS shard, count(*)::integer AS users
  FROM (SELECT DISTINCT user_id FROM deposits.ledger WHERE applied_on IS NULL AND due_on <= $2::date) AS owed GROUP BY 1`;

const anybody = `SELECT FROM deposits.ledger WHERE applied_on IS NULL AND due_on <= $1::date LIMIT 1`;

const owed = `
  SELECT DISTINCT user_id AS "userId" FROM deposits.ledger
  WHERE applied_on IS NULL AND due_on <= $1::date AND user_id > $2 AND user_id % $3 = $4 ORDER BY user_id LIMIT $5`;

// Accounts are read in order and then filtered: statistics from before the night say that it has moved nobody, so each page would read and
// sort them all.
const movedBy = `
  SELECT user_id AS "userId", ledger_version AS version FROM (
    SELECT user_id, ledger_version, settled_on FROM deposits.account WHERE user_id > $2 ORDER BY user_id OFFSET 0
  ) AS ordered WHERE settled_on = $1::date AND user_id % $3 = $4 LIMIT $5`;

const allAccounts = `
  SELECT user_id AS "userId" FROM deposits.account WHERE user_id > $1 AND user_id % $2 = $3 ORDER BY user_id LIMIT $4`;

const countAccounts = `SELECT (user_id % $1)::integer AS shard, count(*)::integer AS users FROM deposits.account GROUP BY 1`;
