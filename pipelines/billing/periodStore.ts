import type { Database, Transaction } from '../../src/connectors/database.ts';
import { firstDay, periodOf, type Period } from '../shared/period.ts';
import { finishClosing } from './finishClosing.ts';

/** The months of the billing tables. */
export interface PeriodStore {
  /**
   * Makes what each of the months needs, where it is missing: its period, open for usage, and its partitions of usage, bills and
   * lines. Any number of callers at once.
   */
  provideMonths(months: readonly Period[]): Promise<void>;
  /** The months with usage in them, in ascending order. */
  monthsWithUsage(): Promise<readonly Period[]>;
  /**
   * Closes a month of usage: from its first step on, new writers use the next open month; then it waits for those that are in
   * it, and none that come later hold it up. When it ends, no writer adds to the month. Repeatable, and ended by a repeat wherever
   * it broke off. `conflict` when the writers have not ended within the limit.
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

export interface PeriodOptions {
  /**
   * Longest wait of a closing for the writers that are in the month, in milliseconds. Default 120,000, more than the server's
   * limits leave a writer. Too short: one slow writer fails a settlement; too long: a settlement hangs behind one that is stuck.
   */
  readonly closingLimitMs?: number;
}

/** The months in the database. */
export function periodStore(database: Database, { closingLimitMs = 120_000 }: PeriodOptions = {}): PeriodStore {
  return {
    provideMonths: (months) => call(database, provideMonths, months.map(firstDay)),
    monthsWithUsage: async () => (await database.query<{ period: string }>(monthsWithUsage)).map(({ period }) => periodOf(period)),
    closeMonth: async (month, now) => {
      // By itself: writers see the first step only when it is committed, before the wait.
      await database.execute({ text: beginClosing, values: [firstDay(month), now] });
      const wait = async (transaction: Transaction): Promise<void> => {
        await transaction.query({ text: `SELECT set_config('lock_timeout', $1, true)`, values: [closingLimitMs.toString()] });
        await transaction.execute({ text: finishMonth, values: [firstDay(month)] });
      };
      // The lock's limit comes first: it says what was waited for.
      await database.withTransaction(wait, { timeLimitMs: closingLimitMs + finishLimitMs });
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

/** What ending a closing may take when nobody is waited for. */
const finishLimitMs = 5_000;

// The LIMIT keeps it a look at the first row of each month: joined, the planner might read all usage there is.
const monthsWithUsage = `
  SELECT period FROM billing.billing_period
  CROSS JOIN LATERAL (SELECT FROM billing.usage WHERE usage.period = billing_period.period LIMIT 1) AS used
  ORDER BY period`;

// Changes no key, so it does not wait for those who hold the period FOR KEY SHARE.
const beginClosing = `UPDATE billing.billing_period SET closing_at = $2 WHERE period = $1 AND closing_at IS NULL`;

const finishMonth = finishClosing('period = $1');
