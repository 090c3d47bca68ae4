import type { Database } from '../../src/connectors/database.ts';
import type { KeyStore } from '../../src/connectors/keyStore.ts';
import type { Json } from '../../src/runtime/jobs/job.ts';
import { readProjections } from './balanceStore.ts';
import { readShown } from './shownStore.ts';

type Sheet = { readonly [field: string]: Json };

/** What operators look for; amounts in minor units as decimal text. */
export interface DepositDeskStore {
  /** The account of a user, by the ledger and as Redis shows it; undefined where there is none. */
  show(userId: bigint): Promise<Sheet | undefined>;
  /** What was put aside, the oldest first, above `after`. */
  aside(after: bigint, limit: number): Promise<readonly Sheet[]>;
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

/** What operators look for, in a database and a store of keys. */
export function deskStore(database: Database, keyStore: Pick<KeyStore, 'runScript'>): DepositDeskStore {
  return {
    show: async (userId) => {
      const [projection] = await readProjections(database, [userId]);
      if (projection === undefined) return undefined;
      const rows = await database.query<RowSheet>({ text: lastRows, values: [userId] });
      const [shown] = (await readShown(keyStore, [projection])) ?? [];
      return {
        ...{ user: userId.toString(), balance: projection.balanceMinor.toString(), version: projection.version.toString() },
        ...(shown === undefined
          ? { balanceInRedis: 'unreachable', versionInRedis: 'unreachable' }
          : { balanceInRedis: shown.balance ?? null, versionInRedis: shown.version?.toString() ?? null }),
        staged: projection.staged.map(({ day, balanceMinor }, place) => ({
          ...{ day, balance: balanceMinor.toString(), balanceInRedis: shown?.staged[place] ?? null },
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
  };
}

const lastRows = `
  SELECT fill_id AS fill, kind, amount_minor AS amount, due_on AS "dueOn", applied_on AS "appliedOn"
  FROM deposits.ledger WHERE user_id = $1 ORDER BY due_on DESC, id DESC LIMIT 20`;

const asideAfter = `
  SELECT id, redis_key AS key, value, reason, found_at AS "foundAt" FROM deposits.put_aside WHERE id > $1 ORDER BY id LIMIT $2`;
