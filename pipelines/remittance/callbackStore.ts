import type { Database } from '../../src/connectors/database.ts';
import { createInbox } from '../../src/runtime/outbox/inbox.ts';
import type { CallNewsStore } from './callNewsStore.ts';
import type { TellContradiction } from './tellContradiction.ts';

/** What a bank called back with. */
export interface BankEvent {
  readonly eventId: string;
  /** The key under which it was asked. */
  readonly key: string;
  readonly word: { readonly kind: 'done' } | { readonly kind: 'refused'; readonly reason: string };
}

/** What an event did. */
export type CallbackEnd = 'recorded' | 'unchanged' | 'contradicted' | 'duplicate' | 'unknownCall';

/** Takes what banks call back with. */
export interface CallbackStore {
  /**
   * The event and all that it changes in one transaction: it has its effect once, however often it is sent and by however many
   * connections at once. An event about no call of ours leaves nothing behind, so that it may be sent again when there is one.
   */
  take(event: BankEvent): Promise<CallbackEnd>;
}

const inbox = createInbox('remittance');

/** Events on a database. */
export function callbackStore(database: Database, calls: CallNewsStore, tell: TellContradiction): CallbackStore {
  return {
    take: async ({ eventId, key, word }) => {
      const took = await database.withTransaction(async (transaction) => {
        const asked = { text: callOfKey, values: [key], name: 'remittance.callOfKey' };
        const [call] = await transaction.query<{ readonly id: bigint }>(asked);
        if (call === undefined) return 'unknownCall';
        if ((await inbox.newOf(transaction, consumer, [eventId])).size === 0) return 'duplicate';
        const [change] = await calls.write(transaction, [{ callId: call.id, ...word }]);
        return change ?? 'unknownCall';
      });
      if (typeof took === 'string') return took;
      tell(took);
      return took.kind === 'ended' ? 'recorded' : took.kind === 'contradicted' ? 'contradicted' : 'unchanged';
    },
  };
}

/** Under this name events are kept. */
const consumer = 'remittance.bankCallback';

const callOfKey = 'SELECT id FROM remittance.bank_call WHERE idempotency_key = $1';
