import type { Database, Queryable } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import type { Night } from './nightReader.ts';
import { shardCount } from './settlePart.ts';
import { projectionKey } from './stagedKey.ts';

/** Whom a night concerns, by the ledger. Pages are in the order of users, above `after`. */
export interface OwedStore {
  /** How many users have something due until the night, by shard. */
  count(day: string): Promise<ReadonlyMap<number, number>>;
  /** Users with something due until the night that is not in their balance. */
  page(night: Night, after: bigint, limit: number): Promise<readonly bigint[]>;
  /** Users whom this night has moved, or is about to, and whose projection is older, or gone. */
  pageBehind(night: Night, after: bigint, limit: number): Promise<readonly bigint[]>;
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
  /** Its rows are not applied yet: they are about to be. */
  readonly isOwed: boolean;
}

/** Whom a night concerns, in a database, and by what stands in Redis. */
export function owedStore(database: Database, keyStore: Pick<KeyStore, 'run'>): OwedStore {
  const users = async (name: string, text: string, values: readonly unknown[]): Promise<readonly bigint[]> =>
    (await database.query<{ userId: bigint }>({ name, text, values })).map(({ userId }) => userId);
  return {
    count: (day) => byShard(database, { name: 'deposits-count-owed', text: countOwed, values: [shardCount, day] }),
    page: ({ day, shard }, after, limit) => users('deposits-owed', owed, [day, after, shardCount, shard, limit]),
    pageBehind: async ({ day, shard }, start, limit) => {
      for (let after = start; ;) {
        const values = [day, after, shardCount, shard, limit];
        const moved = await database.query<MovedRow>({ name: 'deposits-moved', text: movedBy, values });
        const last = moved.at(-1);
        if (last === undefined) return [];
        const shown = await keyStore.run(moved.map(({ userId }) => ['HGET', projectionKey(userId), 'version']));
        const behind = moved.filter((row, place) => isBehind(shown[place] as Buffer | null, row));
        if (behind.length > 0) return behind.map(({ userId }) => userId);
        after = last.userId;
      }
    },
    pageAll: (shard, after, limit) => users('deposits-all-accounts', allAccounts, [after, shardCount, shard, limit]),
    countAll: () => byShard(database, { name: 'deposits-count-accounts', text: countAccounts, values: [shardCount] }),
  };
}

function isBehind(shown: Buffer | null, { version, isOwed }: MovedRow): boolean {
  return isOwed || shown === null || BigInt(shown.toString()) < version;
}

async function byShard(database: Queryable, statement: Parameters<Queryable['query']>[0]): Promise<ReadonlyMap<number, number>> {
  const rows = await database.query<ShardRow>(statement);
  return new Map(rows.map(({ shard, users }) => [shard, users]));
}

const countOwed = `
  SELECT (user_id % $1)::integer AS shard, count(DISTINCT user_id)::integer AS users
  FROM deposits.ledger WHERE applied_on IS NULL AND due_on <= $2::date GROUP BY 1`;

const owed = `
  SELECT DISTINCT user_id AS "userId" FROM deposits.ledger
  WHERE applied_on IS NULL AND due_on <= $1::date AND user_id > $2 AND user_id % $3 = $4 ORDER BY user_id LIMIT $5`;

const movedBy = `
  SELECT "userId", version, "isOwed" FROM (
    SELECT user_id AS "userId", ledger_version AS version, settled_on, EXISTS (
      SELECT FROM deposits.ledger WHERE user_id = account.user_id AND applied_on IS NULL AND due_on <= $1::date
    ) AS "isOwed"
    FROM deposits.account WHERE user_id > $2 AND user_id % $3 = $4
  ) AS looked WHERE settled_on = $1::date OR "isOwed" ORDER BY "userId" LIMIT $5`;

const allAccounts = `
  SELECT user_id AS "userId" FROM deposits.account WHERE user_id > $1 AND user_id % $2 = $3 ORDER BY user_id LIMIT $4`;

const countAccounts = `SELECT (user_id % $1)::integer AS shard, count(*)::integer AS users FROM deposits.account GROUP BY 1`;
