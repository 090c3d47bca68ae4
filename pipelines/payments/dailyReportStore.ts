import type { Database, Transaction } from '../../src/connectors/database.ts';
import type { OpenWholeFile, WholeFile } from '../../src/connectors/wholeFile.ts';
import { instantsOf, OrderTally, reportFileName, reportHeader, reportLine, type OrderTotal, type ReportedOrder } from './dailyReport.ts';

export interface CompileOptions {
  /** Empty: no file. */
  readonly folder: string;
  /** The database ends a pass that takes longer. */
  readonly passLimitMs: number;
}

/** The report of a day as it was compiled. */
export interface CompiledReport {
  readonly asOf: Date;
  readonly totals: readonly OrderTotal[];
}

/** The reports of days. */
export interface DailyReportStore {
  /**
   * Compiles the report of a day: the orders that were made on it, as one snapshot knows them, go through memory page by page into the
   * file and into totals, which are committed together; the file gets its name after that. Again: from a new snapshot, in the place of
   * what is there; but nothing any more once a mail was claimed, since what people were told is not changed. Two at once wait for each other.
   */
  compile(day: string, options: CompileOptions): Promise<void>;
  /** Undefined where the day has none. */
  read(day: string): Promise<CompiledReport | undefined>;
}

/** The statements of reports, and their files. */
export function dailyReportStore(database: Database, openFile: OpenWholeFile, now: () => Date): DailyReportStore {
  return {
    compile: async (day, { folder, passLimitMs }) => {
      let file: WholeFile | undefined;
      try {
        await database.withTransaction(
          async (transaction) => {
            await file?.abandon();
            file = undefined;
            if ((await transaction.execute({ text: begin, values: [day, now()] })) === 0) return;
            if (folder !== '') file = await openFile(folder, reportFileName(day));
            await writeTotals(transaction, day, await readOrders(transaction, day, file));
          },
          { isolation: 'repeatableRead', timeLimitMs: passLimitMs },
        );
        await file?.finish();
      } finally {
        await file?.abandon();
      }
    },
    read: async (day) => {
      const rows = await database.query<ReportRow>({ text: read, values: [day] });
      const [first] = rows;
      return first && { asOf: first.as_of, totals: rows.flatMap(totalOf) };
    },
  };
}

async function readOrders(transaction: Transaction, day: string, file: WholeFile | undefined): Promise<readonly OrderTotal[]> {
  const { from, to } = instantsOf(day);
  const [counted] = await transaction.query<{ readonly count: bigint }>({ text: countOrders, values: [from, to] });
  const tally = new OrderTally();
  await file?.write(reportHeader);
  await transaction.stream<OrderRow>({ text: ordersOf, values: [from, to] }, counted?.count ?? 0n, async (rows) => {
    const orders = rows.map(orderOf);
    tally.add(orders);
    await file?.write(orders.map(reportLine).join(''));
  });
  return tally.totals();
}

async function writeTotals(transaction: Transaction, day: string, totals: readonly OrderTotal[]): Promise<void> {
  await transaction.execute({ text: 'DELETE FROM payments.daily_order_stats WHERE day = $1', values: [day] });
  const values = [
    day,
    totals.map(({ status }) => status),
    totals.map(({ method }) => method),
    totals.map(({ orders }) => orders),
    totals.map(({ amountMinor }) => amountMinor),
  ];
  await transaction.execute({ text: insertTotals, values });
}

function orderOf(row: OrderRow): ReportedOrder {
  return {
    orderId: row.id,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    status: row.status,
    failCode: row.fail_code,
    amountMinor: row.amount_minor,
    method: row.method,
    paymentNumber: row.payment_number,
  };
}

function totalOf({ status, method, orders, amount_minor }: ReportRow): readonly OrderTotal[] {
  return status === null ? [] : [{ status, method, orders, amountMinor: BigInt(amount_minor) }];
}

interface OrderRow {
  readonly id: bigint;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly status: ReportedOrder['status'];
  readonly fail_code: string | null;
  readonly amount_minor: bigint;
  readonly method: ReportedOrder['method'];
  readonly payment_number: string | null;
}

interface ReportRow {
  readonly as_of: Date;
  /** Null where the day had no order. */
  readonly status: OrderTotal['status'] | null;
  readonly method: OrderTotal['method'];
  readonly orders: bigint;
  /** A sum may be larger than any amount: decimal text. */
  readonly amount_minor: string;
}

// Whoever claims a mail changes this row: where that comes in between, this transaction runs again, and finds it.
const begin = `
  INSERT INTO payments.daily_report AS report (day, as_of) VALUES ($1, $2)
  ON CONFLICT (day) DO UPDATE SET as_of = excluded.as_of WHERE NOT report.is_mailed`;

const countOrders = 'SELECT count(*) FROM payments.orders WHERE created_at >= $1 AND created_at < $2';

/** The orders that were made within a time, each with the payment that paid it, or else its latest. */
export const ordersOf = `
  SELECT orders.id, orders.created_at, orders.ended_at, orders.status, orders.fail_code, orders.amount_minor, paid.method, paid.payment_number
  FROM payments.orders LEFT JOIN LATERAL (
    SELECT method, payment_number FROM payments.payment
    WHERE order_id = orders.id ORDER BY (status = 'SUCCESS') DESC, id DESC LIMIT 1
  ) AS paid ON true
  WHERE orders.created_at >= $1 AND orders.created_at < $2 ORDER BY orders.created_at, orders.id`;

const insertTotals = `
  INSERT INTO payments.daily_order_stats (day, status, method, orders, amount_minor)
  SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::numeric[])`;

const read = `
  SELECT as_of, status, method, orders, amount_minor FROM payments.daily_report LEFT JOIN payments.daily_order_stats USING (day)
  WHERE day = $1 ORDER BY status, method`;
