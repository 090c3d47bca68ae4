import type { Transaction } from '../../src/connectors/database.ts';
import { skip, type Answer } from '../../src/message/decision.ts';
import type { Reported, Unanswered } from './askGateway.ts';
import type { UnpaidOrder } from './payment.ts';
import type { Settlement } from './settlement.ts';
import type { SettlementStore } from './settlementStore.ts';

/** What a reconciliation has found out about one of its rows. */
export type Finding = Reported | Unanswered | UnpaidOrder;

/** What became of it. */
export type Reconciled = Settlement['kind'] | 'orderFailed';

/** Writes what a reconciliation has found out, all of a chunk in its transaction. */
export interface ReconcileStore {
  readonly settleFindings: (transaction: Transaction, findings: readonly Finding[]) => Promise<readonly Answer<Reconciled>[]>;
}

/** Findings as settlements. */
export function reconcileStore(settlements: SettlementStore): ReconcileStore {
  return {
    settleFindings: async (transaction, findings) => {
      const reports = findings.filter((finding) => finding.kind === 'reported');
      const settled = new Map((await settlements.settle(transaction, reports)).map((one) => [one?.payment.paymentId, one?.settlement]));
      const orders = findings.filter((finding) => finding.kind === 'unpaidOrder').map(({ orderId }) => orderId);
      const failed = new Set(orders.length === 0 ? [] : await settlements.failUnpaid(transaction, orders));
      return findings.map((finding) => {
        switch (finding.kind) {
          case 'unanswered':
            return skip('the gateway did not answer');
          case 'unpaidOrder':
            return failed.has(finding.orderId) ? 'orderFailed' : skip('has a payment that is open or paid, or has ended');
          case 'reported':
            return reconciledOf(settled.get(finding.paymentId));
        }
      });
    },
  };
}

function reconciledOf(settlement: Settlement | undefined): Answer<Reconciled> {
  if (settlement === undefined) return skip('there is no such payment');
  return settlement.kind === 'unchanged' ? skip(settlement.why) : settlement.kind;
}
