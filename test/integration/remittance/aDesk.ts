import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { newCallStore } from '../../../pipelines/remittance/newCallStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import type { Truth } from '../../../pipelines/remittance/resolution.ts';
import { resolveRequestStore, type ResolvedRequest } from '../../../pipelines/remittance/resolveRequestStore.ts';
import { retryRequestStore, type RetriedRequest } from '../../../pipelines/remittance/retryRequestStore.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import type { Transaction } from '../../../src/connectors/database.ts';
import { codeOf, textOf } from '../../../src/errors.ts';
import type { ALedger } from './aLedger.ts';

/** What operators do about remittances, each in a transaction as an action has it. */
export interface ADesk {
  /** `isLost`: the process dies before the commit. */
  retry(requestId: bigint, isLost?: boolean): Promise<RetriedRequest>;
  resolve(requestId: bigint, truth: Truth, callId?: bigint, isLost?: boolean): Promise<ResolvedRequest>;
}

/** The desk over a ledger. */
export function aDesk({ database, now }: ALedger): ADesk {
  const [failures, calls] = [failureStore(now), newCallStore({ outbox: remittanceOutbox, now })];
  const identifiers = createIdentifiers({ now: () => new Date(), random: () => 0.5, node: 3 });
  const store = retryRequestStore({ failures, calls, outbox: remittanceOutbox, identifiers, now });
  const resolutions = resolveRequestStore({ failures, outbox: remittanceOutbox });
  const committed = <T>(act: (transaction: Transaction) => Promise<T>, isLost: boolean): Promise<T> =>
    database.withTransaction(async (transaction) => {
      const done = await act(transaction);
      if (isLost) throw new Error('the process dies before it commits');
      return done;
    });
  return {
    retry: (requestId, isLost = false) => committed((transaction) => store.retry(transaction, requestId), isLost),
    resolve: (requestId, truth, callId, isLost = false) =>
      committed((transaction) => resolutions.resolve(transaction, requestId, truth, callId), isLost),
  };
}

/** `CODE: sentence` of a refusal, or `done`. */
export async function refusalOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => `${codeOf(error)}: ${textOf(error)}`,
  );
}
