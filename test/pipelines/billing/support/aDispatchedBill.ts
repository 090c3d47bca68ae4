import type { DispatchedBill } from '../../../../pipelines/billing/dispatchedBill.ts';

/** A bill of October's usage, for a member in Seoul without quiet hours. */
export function aDispatchedBill(changes: Partial<DispatchedBill> = {}): DispatchedBill {
  return { billId: 77n, billingDate: '2026-11-01', publicInfoId: 1_001n, destination: 'example.com', quietHours: null, ...changes };
}
