import type { CallKind } from '../../../pipelines/remittance/bankCall.ts';
import { callNewsStore } from '../../../pipelines/remittance/callNewsStore.ts';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { tryOptions } from '../../../pipelines/remittance/tryOptions.ts';
import { Decision, type Answer } from '../../../src/message/decision.ts';
import { openPool } from '../jobs/copyJob.ts';
import { aCall, aRequest, type ALedger } from './aLedger.ts';
import { booking } from './booking.ts';

/** Calls of a bank that says one thing and then the opposite, and what books them. */
export interface Contradicted {
  /** The bank says how a call ended, as its callback does. */
  says(callId: bigint, ...words: readonly Word[]): Promise<void>;
  /** A request up to its call of the kind, which is READY. */
  upTo(kind: CallKind): Promise<{ readonly requestId: bigint; readonly callId: bigint }>;
  /** The latest call of the kind. */
  callOf(requestId: bigint, kind: CallKind): Promise<bigint>;
  settle(callId: bigint): Promise<string>;
  withdraw(requestId: bigint): Promise<string>;
}

export type Word = 'done' | 'refused';

const tries = tryOptions.parse({});

/** What contradicts itself, over a ledger. */
export function contradicted(ledger: ALedger): Contradicted {
  const { database, now } = ledger;
  const stores = booking(ledger, openPool(ledger.url));
  const news = callNewsStore({ outbox: remittanceOutbox, failures: failureStore(now), now });
  const ends = async (requestId: bigint, kind: CallKind, word: Word): Promise<void> => {
    const callId = await self.callOf(requestId, kind);
    await self.says(callId, word);
    await self.settle(callId);
    ledger.pass(1);
  };
  const self: Contradicted = {
    says: async (callId, ...words) => {
      for (const kind of words) {
        const word = kind === 'done' ? { callId, kind } : { callId, kind, reason: 'ACCOUNT_CLOSED' };
        await database.withTransaction((transaction) => news.write(transaction, [word]));
      }
    },
    upTo: async (kind) => {
      const requestId = await aRequest(ledger);
      await aCall(ledger, requestId, { status: 'READY' });
      if (kind !== 'MOVE_IN') {
        await ends(requestId, 'MOVE_IN', 'done');
        await self.withdraw(requestId);
        ledger.pass(1);
      }
      if (kind === 'RETURN') await ends(requestId, 'PAY_OUT', 'refused');
      return { requestId, callId: await self.callOf(requestId, kind) };
    },
    callOf: async (requestId, kind) => {
      const text = 'SELECT id FROM remittance.bank_call WHERE request_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1';
      const [row] = await database.query<{ readonly id: bigint }>({ text, values: [requestId, kind] });
      return row?.id ?? 0n;
    },
    settle: async (id) => outcomeOf((await stores.settlements.settle([{ id }], tries))[0]),
    withdraw: async (id) => outcomeOf((await stores.withdrawals.withdraw([{ id }], tries))[0]),
  };
  return self;
}

function outcomeOf(answer: Answer<string> | undefined): string {
  return Decision.is(answer) ? answer.outcome : (answer ?? 'nothing');
}
