import type { Transaction } from '../../src/connectors/database.ts';
import type { Outbox, OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import type { Identifiers } from '../shared/identifiers.ts';
import type { FailureStore } from './failureStore.ts';
import type { NewCallStore } from './newCallStore.ts';
import { decideRetries, type OperatedRequest, type Retry } from './operatedRequest.ts';
import { lockOperatedRequest } from './operatedRequestStore.ts';
import { depositedMessage, dueCallMessage, endedCallMessage } from './remittanceMessages.ts';

/** What was done about a remittance. */
export interface RetriedRequest {
  readonly request: OperatedRequest;
  readonly retries: readonly Retry[];
}

/** What operators do about remittances that do not go on, in the transaction that also holds their audit. */
export interface RetryRequestStore {
  /**
   * What has failed of a remittance gets its tries back and is no longer parked; the messages that have it tried go with the commit.
   * `refused` where nothing has failed, where it has its end, or where trying again mends nothing; `notFound`; `conflict` where
   * somebody changes it at the same moment.
   */
  retry(transaction: Transaction, requestId: bigint): Promise<RetriedRequest>;
}

export interface RetryRequestOptions {
  readonly failures: FailureStore;
  readonly calls: NewCallStore;
  readonly outbox: Pick<Outbox, 'insert'>;
  readonly identifiers: Identifiers;
  /** Calendar time. */
  readonly now: () => Date;
}

/** What operators do, on a database. */
export function retryRequestStore(options: RetryRequestOptions): RetryRequestStore {
  const { failures, calls, outbox, identifiers, now } = options;
  return {
    retry: async (transaction, requestId) => {
      const request = await lockOperatedRequest(transaction, requestId);
      const retries = decideRetries(request);
      const at = now();
      const messages: OutboxMessage[] = [];
      for (const retry of retries) {
        const { step, ...failed } = retry.failure;
        if (retry.kind === 'returnAgain') {
          await failures.end(transaction, step, [failed.id]);
          await calls.insert(transaction, [{ callId: identifiers.next(), requestId, kind: 'RETURN', seq: retry.seq }]);
          continue;
        }
        await failures.write(transaction, step, [{ ...failed, requestId, tries: 0, next: { kind: 'soon', at } }]);
        if (retry.kind === 'ask') await transaction.execute({ text: askAgain, values: [retry.callId, at] });
        messages.push(messageOf(retry, requestId, at));
      }
      await outbox.insert(transaction, messages);
      return { request, retries };
    },
  };
}

function messageOf(retry: Exclude<Retry, { kind: 'returnAgain' }>, requestId: bigint, at: Date): OutboxMessage {
  switch (retry.kind) {
    case 'ask':
      return dueCallMessage(retry, at);
    case 'book':
      return endedCallMessage({ callId: retry.callId, requestId });
    case 'withdraw':
      return depositedMessage(requestId);
  }
}

const askAgain = `UPDATE remittance.bank_call SET tries = 0, next_ask_at = $2 WHERE id = $1 AND status IN ('READY', 'ASKED')`;
