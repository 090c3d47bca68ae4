import { csvLine } from '../shared/csv.ts';
import { seoulInstant, seoulText } from '../shared/seoulTime.ts';
import type { Method } from './payment.ts';
import type { SettleableOrder } from './settlement.ts';

/** An order as a report tells of it, with the payment that paid it, or else its latest. */
export interface ReportedOrder {
  readonly orderId: bigint;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly status: SettleableOrder['status'];
  readonly failCode: string | null;
  readonly amountMinor: bigint;
  readonly method: Method | null;
  readonly paymentNumber: string | null;
}

/** How many orders of a day ended alike, and what they were about. */
export interface OrderTotal {
  readonly status: SettleableOrder['status'];
  readonly method: Method | 'none';
  readonly orders: bigint;
  readonly amountMinor: bigint;
}

/** Adds orders up, page by page: memory for the totals only. */
export class OrderTally {
  readonly #totals = new Map<string, OrderTotal>();

  add(orders: readonly ReportedOrder[]): void {
    for (const { status, method: paidBy, amountMinor } of orders) {
      const method = paidBy ?? 'none';
      const key = `${status} ${method}`;
      const before = this.#totals.get(key);
      this.#totals.set(key, {
        status,
        method,
        orders: (before?.orders ?? 0n) + 1n,
        amountMinor: (before?.amountMinor ?? 0n) + amountMinor,
      });
    }
  }

  totals(): readonly OrderTotal[] {
    return [...this.#totals.values()];
  }
}

const columns = ['id', 'created', 'ended', 'status', 'fail code', 'amount', 'method', 'payment number'];

/** The first line of the file of a report. */
export const reportHeader = csvLine(columns);

/** The line of an order in the file of a report. */
export function reportLine(order: ReportedOrder): string {
  const { orderId, createdAt, endedAt, status, failCode, amountMinor, method, paymentNumber } = order;
  const times = [seoulText(createdAt), endedAt && seoulText(endedAt)] as const;
  return csvLine([orderId, ...times, status, failCode, amountMinor, method, paymentNumber]);
}

/** The file of a day's report. */
export function reportFileName(day: string): string {
  return `payments-${day}.csv`;
}

/** From when to when a day of Seoul lasts; the end is the next day's. */
export function instantsOf(day: string): { readonly from: Date; readonly to: Date } {
  const from = seoulInstant(day);
  return { from, to: new Date(from.getTime() + 86_400_000) };
}
