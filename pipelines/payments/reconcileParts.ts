import { z } from 'zod';
import type { DueTimes, MethodCount } from './dueStore.ts';
import { methods, type DuePayment, type Method, type UnpaidOrder } from './payment.ts';

/** What one partition of a reconciliation looks at: the payments of one gateway, or the orders without one that is open or paid. */
export type ReconcilePart = { readonly of: 'payments'; readonly method: Method } | { readonly of: 'unpaidOrders' };

/** A partition, as the run keeps it. */
export interface PartPlan {
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
  readonly total: number;
}

const ofPayments = z.object({ of: z.literal('payments'), method: z.enum(methods) });
const part = z.discriminatedUnion('of', [ofPayments, z.object({ of: z.literal('unpaidOrders') })]);

/** A partition for each gateway that has something to be asked, so that a slow one does not hold the others. */
export function planReconciliation(payments: readonly MethodCount[], unpaidOrders: number): readonly PartPlan[] {
  if (unpaidOrders === 0) return planByMethod(payments);
  return [...planByMethod(payments), { name: 'orders without payment', input: { of: 'unpaidOrders' }, total: unpaidOrders }];
}

/** A partition for each gateway. */
export function planByMethod(counts: readonly MethodCount[]): readonly PartPlan[] {
  return counts.map(({ method, count }) => ({ name: method, input: { of: 'payments', method }, total: count }));
}

/** The gateway of a partition. */
export function readMethod(input: unknown): Method {
  return ofPayments.parse(input).method;
}

/** The part of a partition. */
export function readReconcilePart(input: unknown): ReconcilePart {
  return part.parse(input);
}

/** Its place in a partition. */
export function positionOf(row: DuePayment | UnpaidOrder): string {
  return (row.kind === 'payment' ? row.paymentId : row.orderId).toString();
}

/** What is due for a run: its key is the minute as of which it looks. */
export function dueTimesOf(asOf: Date, { olderThanMs }: { readonly olderThanMs: number }): DueTimes {
  return { asOf, madeBefore: new Date(asOf.getTime() - olderThanMs) };
}
