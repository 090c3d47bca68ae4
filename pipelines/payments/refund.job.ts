// Enters: refunds that are requested, or were and are not known to be done. Leaves: DONE, or PARKED where the gateway refuses.
// Guarantee: every refund is asked for until it has an end, always under its own key, so that it is given back once; SENT is
// committed before the gateway is asked, and what it was asked for before is asked about first.
// Put aside: none. Parked for a person: what the gateway refuses.
import { mapChunk } from '../../operators/mapChunk.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import { askRefund, nextRunAsks, type DueRefund, type Gateways } from './askGateway.ts';
import type { DueRefundStore } from './dueStore.ts';
import { refundOptions } from './reconcileOptions.ts';
import { planByMethod, readMethod } from './reconcileParts.ts';
import type { RefundStore } from './refundStore.ts';

export interface RefundPorts {
  readonly gateways: Gateways;
  readonly refunds: RefundStore & DueRefundStore;
}

export const refund = defineJob({
  name: 'payments.refund',
  profile: 'payments',
  options: refundOptions,
  planVersion: 1,
  parseKey: parseSeoulMinute,
  plan: async ({ refunds }: RefundPorts, asOf) => planByMethod(await refunds.countRefunds(asOf)),
  rows: ({ refunds }, { input, key }): RowReader<DueRefund> => {
    const method = readMethod(input);
    return { positionOf, page: (after, limit) => refunds.pageRefunds(method, key, { after, limit }) };
  },
  chain: (row$, { gateways, refunds }, { ask, chunk }, partition) =>
    row$.pipe(
      writeChunk(partition, refunds.markSent, chunk),
      mergeMapEach(askRefund(gateways), { ...ask, ...nextRunAsks }),
      mapChunk(refunds.record, chunk),
    ),
});

function positionOf({ refundId }: DueRefund): string {
  return refundId.toString();
}
