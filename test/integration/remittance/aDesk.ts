import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { newCallStore } from '../../../pipelines/remittance/newCallStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { retryRequestStore, type RetriedRequest } from '../../../pipelines/remittance/retryRequestStore.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { codeOf, textOf } from '../../../src/errors.ts';
import type { ALedger } from './aLedger.ts';

/** What operators do about remittances, each in a transaction as an action has it. */
export interface ADesk {
  /** `isLost`: the process dies before the commit. */
  retry(requestId: bigint, isLost?: boolean): Promise<RetriedRequest>;
}

/** The desk over a ledger. */
export function aDesk({ database, now }: ALedger): ADesk {
  const [failures, calls] = [failureStore(now), newCallStore({ outbox: remittanceOutbox, now })];
  const identifiers = createIdentifiers({ now: () => new Date(), random: () => 0.5, node: 3 });
  const store = retryRequestStore({ failures, calls, outbox: remittanceOutbox, identifiers, now });
  return {
    retry: (requestId, isLost = false) =>
      database.withTransaction(async (transaction) => {
        const done = await store.retry(transaction, requestId);
        if (isLost) throw new Error('the process dies before it commits');
        return done;
      }),
  };
}

/** `CODE: sentence` of a refusal, or `done`. */
export async function refusalOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => `${codeOf(error)}: ${textOf(error)}`,
  );
}
