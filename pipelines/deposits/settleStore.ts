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
  /** How many rows of the ledger are due until the night and not in the balances. */
  countOwed(night: string): Promise<number>;
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
      const users = [...new Set(rows.flatMap((row) => (row.kind === 'strange' ? [] : [row.userId])))];
      if (users.length === 0) return;
      await lockAccounts(transaction, users);
      await takeStaged(transaction, foreignIn(rows));
      await applyDue(transaction, users, night);
    },
    countOwed: async (night) => {
      const [row] = await database.query<{ owed: number }>({ text: countOwed, values: [night] });
      return row?.owed ?? 0;
    },
  };
}

/** What other programs have staged, of all that was found. */
export function foreignIn(rows: readonly SettleRow[]): readonly ForeignBalance[] {
  return rows.flatMap((row) =>
    row.kind === 'staged' && row.value !== undefined ? [{ userId: row.userId, day: row.day, value: row.value }] : [],
  );
}

const countOwed = `SELECT count(*)::integer AS owed FROM deposits.ledger WHERE applied_on IS NULL AND due_on <= $1::date`;
