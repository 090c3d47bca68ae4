import type { Database } from '../../src/connectors/database.ts';
import { firstDay, type Period } from '../shared/period.ts';

/** The months of the billing tables. */
export interface PeriodStore {
  /**
   * Makes what each of the months needs, where it is missing: its period, open for usage, and its partitions of usage, bills and
   * lines. Any number of callers at once.
   */
  provideMonths(months: readonly Period[]): Promise<void>;
  /**
   * Closes a month of usage: waits for the writers that are in it; from then on its usage does not change, and what arrives
   * later belongs to the next open month. Repeatable.
   */
  closeMonth(month: Period, now: Date): Promise<void>;
  /**
   * Tells the planner what was loaded: plans that were made when a month was empty read all of it for each row, until the server
   * notices by itself.
   */
  analyzeUsage(month: Period): Promise<void>;
  /** The same of bills and lines; of the billing month. */
  analyzeBills(billingMonth: Period): Promise<void>;
}

/** The months in the database. */
export function periodStore(database: Database): PeriodStore {
  return {
    provideMonths: (months) => call(database, provideMonths, months.map(firstDay)),
    closeMonth: async (month, now) => {
      await database.execute({ text: closeMonth, values: [firstDay(month), now] });
    },
    analyzeUsage: (month) => call(database, 'SELECT billing.analyze_usage($1::date)', firstDay(month)),
    analyzeBills: (billingMonth) => call(database, 'SELECT billing.analyze_bills($1::date)', firstDay(billingMonth)),
  };
}

/** Calls a function that writes: in a transaction, since a SELECT by itself is taken for one that may be repeated. */
function call(database: Database, text: string, argument: string | readonly string[]): Promise<void> {
  return database.withTransaction(async (transaction) => {
    await transaction.query({ text, values: [argument] });
  });
}

const provideMonths = `SELECT billing.provide_month(month) FROM unnest($1::date[]) AS month ORDER BY month`;

// Waits for those who hold the period FOR SHARE.
const closeMonth = `UPDATE billing.billing_period SET closed_at = $2 WHERE period = $1 AND closed_at IS NULL`;
