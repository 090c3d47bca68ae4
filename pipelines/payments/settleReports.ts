import type { PaymentReport } from './payment.ts';
import { decideSettlement, type OrderItem, type SettleableOrder, type SettleablePayment, type Settlement } from './settlement.ts';

/** Payments, their orders and the stock of the orders' products, all of them locked. */
export interface Locked {
  readonly orders: ReadonlyMap<bigint, SettleableOrder>;
  /** All payments of these orders, also those that nothing was reported about. */
  readonly payments: ReadonlyMap<bigint, OrderPayment>;
  /** By product. */
  readonly stock: ReadonlyMap<bigint, bigint>;
  /** Payments whose reported key belongs to another payment. */
  readonly keysTaken: ReadonlySet<bigint>;
}

export interface OrderPayment extends SettleablePayment {
  readonly orderId: bigint;
}

/** A decision beside what it is about. */
export interface Settled {
  readonly payment: OrderPayment;
  readonly order: SettleableOrder;
  readonly settlement: Settlement;
}

export interface SettledReports {
  /** One for each report, in their order; undefined where there is no such payment. */
  readonly settled: readonly (Settled | undefined)[];
  /** What completed orders take, by product; products of which nothing is taken are left out. */
  readonly taken: ReadonlyMap<bigint, bigint>;
}

/**
 * Decides about reports one after another, each upon what those before it have changed: two payments of one order, or two orders that
 * want the last item, are told apart although they are written together.
 */
export function settleReports(locked: Locked, reports: readonly PaymentReport[]): SettledReports {
  const orders = new Map(locked.orders);
  const payments = new Map(locked.payments);
  const stock = new Map(locked.stock);
  const taken = new Map<bigint, bigint>();

  const takeStock = (items: readonly OrderItem[]): boolean => {
    if (items.some(({ productId, quantity }) => (stock.get(productId) ?? 0n) < quantity)) return false;
    for (const { productId, quantity } of items) {
      stock.set(productId, (stock.get(productId) ?? 0n) - quantity);
      taken.set(productId, (taken.get(productId) ?? 0n) + quantity);
    }
    return true;
  };
  const hasOthers = ({ paymentId, orderId }: OrderPayment): boolean =>
    [...payments.values()].some((other) => other.orderId === orderId && other.paymentId !== paymentId && other.status !== 'FAILED');

  const settle = ({ paymentId, answer }: PaymentReport): Settled | undefined => {
    const payment = payments.get(paymentId);
    const order = payment && orders.get(payment.orderId);
    if (payment === undefined || order === undefined) return undefined;
    const standing = { order, payment, hasOtherPayments: hasOthers(payment), isKeyTaken: locked.keysTaken.has(paymentId) };
    const settlement = decideSettlement(standing, answer, takeStock);
    payments.set(paymentId, { ...payment, ...paymentAfter(payment, settlement) });
    orders.set(order.orderId, { ...order, status: orderAfter(settlement) ?? order.status });
    return { payment, order, settlement };
  };
  return { settled: reports.map(settle), taken };
}

function paymentAfter({ transactionKey }: SettleablePayment, settlement: Settlement): Partial<SettleablePayment> {
  switch (settlement.kind) {
    case 'completed':
      return { status: 'SUCCESS', transactionKey: settlement.transactionKey };
    case 'failed':
      return { status: 'FAILED' };
    case 'refunded':
      if (settlement.isRefundParked) return {};
      return { status: 'FAILED', transactionKey: transactionKey ?? settlement.refund.transactionKey };
    case 'parked':
      return { isParked: true, transactionKey: transactionKey ?? settlement.own?.transactionKey ?? null };
    case 'waiting':
    case 'unchanged':
      return {};
  }
}

/** The state that a settlement ends the order in; undefined where it goes on waiting or has ended before. */
export function orderAfter(settlement: Settlement): 'COMPLETED' | 'FAILED' | undefined {
  if (settlement.kind === 'completed') return 'COMPLETED';
  return 'isOrderFailed' in settlement && settlement.isOrderFailed ? 'FAILED' : undefined;
}
