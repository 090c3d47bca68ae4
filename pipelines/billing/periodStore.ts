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
   * Tells the planner what a month's tables hold. After loading a month: plans that were made when its tables were empty read all
   * of them for each row, until the server notices by itself.
   */
  analyzeMonth(month: Period): Promise<void>;
}

/** The months in the database. */
export function periodStore(database: Database): PeriodStore {
  return {
    provideMonths: (months) =>
      database.withTransaction(async (transaction) => {
        await transaction.query({ text: provideMonths, values: [months.map(firstDay)] });
      }),
    closeMonth: async (month, now) => {
      await database.execute({ text: closeMonth, values: [firstDay(month), now] });
    },
    analyzeMonth: (month) =>
      database.withTransaction(async (transaction) => {
        await transaction.query({ text: 'SELECT billing.analyze_month($1::date)', values: [firstDay(month)] });
      }),
  };
}

const provideMonths = `SELECT billing.provide_month(month) FROM unnest($1::date[]) AS month ORDER BY month`;

// Waits for those who hold the period FOR SHARE.
const closeMonth = `UPDATE billing.billing_period SET closed_at = $2 WHERE period = $1 AND closed_at IS NULL`;
