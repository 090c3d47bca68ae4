import type { Sale } from '../../../pipelines/payments/notice.ts';
import type { SucceededPayment } from '../../../pipelines/payments/succeededPayment.ts';

/** A sale of two products for 12,000 won. */
export function aSale(changes: Partial<Sale> = {}): Sale {
  return {
    orderId: 783_261_098_765_432_101n,
    paymentId: 100_001n,
    amountMinor: 12_000n,
    method: 'card',
    items: [
      { name: '커피 원두', quantity: 2n },
      { name: '머그잔', quantity: 1_200n },
    ],
    ...changes,
  };
}

/** The event of a payment that has completed its order. */
export function anEvent(changes: Partial<SucceededPayment> = {}): SucceededPayment {
  return {
    paymentId: 100_001n,
    orderId: 1_001n,
    amountMinor: 12_000n,
    completedAt: new Date('2026-11-01T03:00:00Z'),
    lowStock: [],
    ...changes,
  };
}
