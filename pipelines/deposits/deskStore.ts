import type { Database } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import { kindOf } from '../../src/errors.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import { readProjections, type Projection } from './balanceStore.ts';
import { balanceKey, stagedKey } from './stagedKey.ts';

type Sheet = { readonly [field: string]: Json };

/** What operators look for; amounts in minor units as decimal text. */
export interface DepositDeskStore {
  /** The account of a user, by the ledger and as Redis shows it; undefined where there is none. */
  show(userId: bigint): Promise<Sheet | undefined>;
  /** What was put aside, the oldest first, above `after`. */
  aside(after: bigint, limit: number): Promise<readonly Sheet[]>;
  /**
   * Counts accounts whose balance is not the sum of their rows, and of what Redis should show: what stands there otherwise, staged days that do
   * not, and balances that do not, since Redis has lost them or nobody has moved them for as long as they stand there. Where Redis does
   * not answer, the sums alone.
   */
  check(): Promise<Sheet>;
}

interface RowSheet {
  readonly fill: string;
  readonly kind: string;
  readonly amount: bigint;
  readonly dueOn: string;
  readonly appliedOn: string | null;
}

interface AsideRow {
  readonly id: bigint;
  readonly key: string;
  readonly value: Buffer;
  readonly reason: string;
  readonly foundAt: Date;
}

/** Accounts that are compared at a time. */
const pageSize = 1_000;

/** What operators look for, in a database and a store of keys. */
export function deskStore(database: Database, keyStore: Pick<KeyStore, 'run'>): DepositDeskStore {
  return {
    show: async (userId) => {
      const [projection] = await readProjections(database, [userId]);
      if (projection === undefined) return undefined;
      const rows = await database.query<RowSheet>({ text: lastRows, values: [userId] });
      const [shown] = (await shownOf(keyStore, [projection])) ?? [];
      return {
        ...{ user: userId.toString(), balance: projection.balanceMinor.toString(), version: projection.version.toString() },
        balanceInRedis: shown === undefined ? 'unreachable' : (shown[0] ?? null),
        staged: projection.staged.map(({ day, balanceMinor }, place) => ({
          ...{ day, balance: balanceMinor.toString(), balanceInRedis: shown?.[place + 1] ?? null },
        })),
        rows: rows.map((row) => ({ ...row, amount: row.amount.toString() })),
      };
    },
    aside: async (after, limit) => {
      const rows = await database.query<AsideRow>({ text: asideAfter, values: [after, limit] });
      return rows.map(({ id, key, value, reason, foundAt }) => ({
        ...{ id: id.toString(), key, value: value.toString('latin1'), reason, foundAt: foundAt.toISOString() },
      }));
    },
    check: async () => {
      let isReached = true;
      let [accounts, notTheSum, stagedMissing, balanceMissing, different] = [0, 0, 0, 0, 0];
      for (let after = 0n; ;) {
        const sums = await database.query<{ userId: bigint; isSum: boolean }>({ text: sumsAfter, values: [after, pageSize] });
        const last = sums.at(-1);
        if (last === undefined) {
          const inRedis = isReached ? { differentInRedis: different, stagedMissing, balanceMissing } : { redis: 'unreachable' };
          return { accounts, notTheSum, ...inRedis };
        }
        after = last.userId;
        accounts += sums.length;
        notTheSum += sums.filter(({ isSum }) => !isSum).length;
        if (!isReached) continue;
        const projections = await readProjections(
          database,
          sums.map(({ userId }) => userId),
        );
        const found = await shownOf(keyStore, projections);
        isReached = found !== undefined;
        for (const [place, shown] of found?.entries() ?? []) {
          const expected = valuesOf(projections[place] as Projection);
          if (shown[0] === undefined) balanceMissing += 1;
          if (shown.includes(undefined, 1)) stagedMissing += 1;
          if (shown.some((text, index) => text !== undefined && text !== expected[index])) different += 1;
        }
      }
    },
  };
}

/** Balance and staged days, as they ought to stand in Redis. */
function valuesOf({ balanceMinor, staged }: Projection): readonly string[] {
  return [balanceMinor, ...staged.map((one) => one.balanceMinor)].map(String);
}

/** The same as it stands there, undefined where it does not or is no string; nothing where Redis does not answer: the ledger is looked at all the same. */
async function shownOf(
  keyStore: Pick<KeyStore, 'run'>,
  projections: readonly Projection[],
): Promise<readonly (string | undefined)[][] | undefined> {
  const keys = projections.map(({ userId, staged }) => [balanceKey(userId), ...staged.map(({ day }) => stagedKey({ userId, day }))]);
  const replies = await keyStore.run([['MGET', ...keys.flat()]]).catch((error: unknown) => {
    if (kindOf(error) === 'transient') return undefined;
    throw error;
  });
  if (replies === undefined) return undefined;
  const texts = (replies[0] as readonly (Buffer | null)[]).map((value) => value?.toString('latin1'));
  let from = 0;
  return keys.map((its) => texts.slice(from, (from += its.length)));
}

const lastRows = `
  SELECT fill_id AS fill, kind, amount_minor AS amount, due_on AS "dueOn", applied_on AS "appliedOn"
  FROM deposits.ledger WHERE user_id = $1 ORDER BY due_on DESC, id DESC LIMIT 20`;

const asideAfter = `
  SELECT id, redis_key AS key, value, reason, found_at AS "foundAt" FROM deposits.put_aside WHERE id > $1 ORDER BY id LIMIT $2`;

const sumsAfter = `
  SELECT account.user_id AS "userId",
    account.balance_minor = coalesce((
      SELECT sum(amount_minor) FROM deposits.ledger WHERE user_id = account.user_id AND applied_on IS NOT NULL
    ), 0) AS "isSum"
  FROM deposits.account WHERE user_id > $1 ORDER BY user_id LIMIT $2`;
