import type { Queryable, Transaction } from '../../src/connectors/database.ts';
import type { Outbox } from '../../src/runtime/outbox/outbox.ts';
import type { FailureStore } from './failureStore.ts';
import type { OperatedRequest } from './operatedRequest.ts';
import { lockOperatedRequest } from './operatedRequestStore.ts';
import { endedCallMessage } from './remittanceMessages.ts';
import { decideResolution, type Resolution, type Truth } from './resolution.ts';

/** What was decided about a remittance of which a bank has said both. */
export interface ResolvedRequest {
  readonly request: OperatedRequest;
  readonly resolution: Resolution;
}

/** What a person has found out from a bank, in the transaction that also holds their audit. */
export interface ResolveRequestStore {
  /**
   * The contradicted call stands as the person says, its failure ends and its park is lifted; the message that has it booked goes with the
   * commit. What else was held is published again by its jobs. `refused` as the table of `decideResolution` says; `notFound`; `conflict`
   * where somebody changes it at the same moment. `callId`: which call, where several are contradicted.
   */
  resolve(transaction: Transaction, requestId: bigint, truth: Truth, callId?: bigint): Promise<ResolvedRequest>;
}

export interface ResolveRequestOptions {
  readonly failures: Pick<FailureStore, 'resolve'>;
  readonly outbox: Pick<Outbox, 'insert'>;
}

/** What is found out, on a database. */
export function resolveRequestStore({ failures, outbox }: ResolveRequestOptions): ResolveRequestStore {
  return {
    resolve: async (transaction, requestId, truth, callId) => {
      const request = await lockOperatedRequest(transaction, requestId);
      const resolution = decideResolution(request, truth, callId);
      const { call, isToBeBooked } = resolution;
      if (isToBeBooked) await setTruth(transaction, resolution);
      await failures.resolve(transaction, call.callId);
      await outbox.insert(transaction, isToBeBooked ? [endedCallMessage({ callId: call.callId, requestId })] : []);
      return { request, resolution };
    },
  };
}

/** What a request fails with whose bank has refused after it had said done. */
const refusedAfterAll = 'REFUSED_AFTER_ALL';

async function setTruth(transaction: Queryable, { call, status }: Resolution): Promise<void> {
  await transaction.execute({ text: setStatus, values: [call.callId, status, refusedAfterAll] });
}

const setStatus = `
  UPDATE remittance.bank_call
  SET status = $2, reason = CASE $2 WHEN 'REFUSED' THEN coalesce(reason, $3) END, booked_at = NULL WHERE id = $1`;
