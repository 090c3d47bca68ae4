import type { Database, Transaction } from '../../src/connectors/database.ts';
import { applyDue } from './balanceStore.ts';
import { lockAccounts } from './ledgerStore.ts';
import type { SettleRow } from './settleRow.ts';
import { putAsideStrange, type ForeignBalance, type StagedTaker } from './takeStagedStore.ts';

/** Moves balances. */
export interface SettleStore {
  /**
   * Rows of a night, in the transaction of their checkpoint: what other programs have staged is taken over, and everything that is due
   * until the night and not in the balances yet moves them. What was moved before is not moved again.
   */
  settle(transaction: Transaction, rows: readonly SettleRow[], night: string): Promise<void>;
  /** How many rows of the ledger, of those that were written before, are due until the night and not in the balances. */
  countOwed(night: string, writtenBefore: Date): Promise<number>;
}

export interface SettleStoreOptions {
  readonly takeStaged: StagedTaker;
  /** Calendar time. */
  readonly now: () => Date;
}

/** The nights of deposits on a database. */
export function settleStore(database: Database, { takeStaged, now }: SettleStoreOptions): SettleStore {
  return {
    settle: async (transaction, rows, night) => {
      const strange = rows.filter((row) => row.kind === 'strange');
      if (strange.length > 0) await putAsideStrange(transaction, strange, now());
      const foreign = foreignIn(rows);
      const users = new Set([...usersOf(rows, 'owed'), ...foreign.map(({ userId }) => userId)]);
      // Nearly all of them were moved by the pass before: they need no lock.
      const others = [...usersOf(rows, 'staged'), ...usersOf(rows, 'behind')].filter((userId) => !users.has(userId));
      if (others.length > 0) for (const userId of await readOwed(transaction, others, night)) users.add(userId);
      if (users.size === 0) return;
      await lockAccounts(transaction, [...users]);
      await takeStaged(transaction, foreign);
      await applyDue(transaction, [...users], night);
    },
    countOwed: async (night, writtenBefore) => {
      const [row] = await database.query<{ owed: number }>({ text: countOwed, values: [night, writtenBefore] });
      return row?.owed ?? 0;
    },
  };
}

/** What other programs have staged, of all that was found. */
function foreignIn(rows: readonly SettleRow[]): readonly ForeignBalance[] {
  return rows.flatMap((row) =>
    row.kind === 'staged' && row.value !== undefined ? [{ userId: row.userId, day: row.day, value: row.value }] : [],
  );
}

function usersOf(rows: readonly SettleRow[], kind: 'owed' | 'staged' | 'behind'): readonly bigint[] {
  return rows.flatMap((row) => (row.kind === kind ? [row.userId] : []));
}

/** Those of the users who have something due that is not in their balance. */
async function readOwed(transaction: Transaction, userIds: readonly bigint[], night: string): Promise<readonly bigint[]> {
  const rows = await transaction.query<{ userId: bigint }>({ name: 'deposits-still-owed', text: stillOwed, values: [userIds, night] });
  return rows.map(({ userId }) => userId);
}

const stillOwed = `
  SELECT user_id AS "userId" FROM deposits.ledger WHERE user_id = ANY ($1::bigint[]) AND applied_on IS NULL AND due_on <= $2::date`;

const countOwed = `
  SELECT count(*)::integer AS owed FROM deposits.ledger WHERE applied_on IS NULL AND due_on <= $1::date AND recorded_at < $2::timestamptz`;
