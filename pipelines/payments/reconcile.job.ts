// Enters: payments that wait for longer than ten minutes and are due to be asked about, and orders without one that is open or paid. Leaves: their
// ends: order, payment, stock, refund and event in one transaction; or the time at which they are asked about again.
// Guarantee: only what the gateway says ends a payment; while it does not answer nothing changes. No transaction is open meanwhile.
// Put aside: payments that cannot be written, up to a limit. Parked for a person: another amount, or the key of another payment.
import { mergeMapWhen } from '../../operators/mergeMapWhen.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import { askGateway, nextRunAsks, type Gateways } from './askGateway.ts';
import type { DueStore } from './dueStore.ts';
import type { DuePayment, UnpaidOrder } from './payment.ts';
import { reconcileOptions } from './reconcileOptions.ts';
import { dueTimesOf, planReconciliation, positionOf, readReconcilePart } from './reconcileParts.ts';
import type { ReconcileStore } from './reconcileStore.ts';

export interface ReconcilePorts {
  readonly gateways: Gateways;
  readonly duePayments: DueStore;
  readonly reconciliations: ReconcileStore;
}

export const reconcile = defineJob({
  name: 'payments.reconcile',
  profile: 'payments',
  options: reconcileOptions,
  planVersion: 1,
  parseKey: parseSeoulMinute,
  plan: async ({ duePayments }: ReconcilePorts, asOf, options) => {
    const times = dueTimesOf(asOf, options);
    return planReconciliation(await duePayments.countPayments(times), await duePayments.countUnpaidOrders(times));
  },
  rows: ({ duePayments }, { input, key }, options): RowReader<DuePayment | UnpaidOrder> => {
    const [part, times] = [readReconcilePart(input), dueTimesOf(key, options)];
    return { positionOf, page: (after, limit) => duePayments.page(part, times, { after, limit }) };
  },
  chain: (row$, { gateways, reconciliations }, { ask, chunk }, partition) =>
    row$.pipe(
      mergeMapWhen('payment', askGateway(gateways), { ...ask, ...nextRunAsks }),
      writeChunk(partition, reconciliations.settleFindings, chunk),
    ),
  skipLimit: ({ skipLimit }) => skipLimit,
});
