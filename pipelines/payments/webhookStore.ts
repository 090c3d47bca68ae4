import type { Database } from '../../src/connectors/database.ts';
import { createInbox } from '../../src/runtime/outbox/inbox.ts';
import type { Settlement } from './settlement.ts';
import type { SettlementStore } from './settlementStore.ts';
import type { PaymentEvent } from './webhook.ts';

/** What an event did: what became of its payment, or nothing, since it came before, or is about no payment of ours. */
export type WebhookEnd = Settlement['kind'] | 'duplicate' | 'unknownPayment';

/** Settles payments by what gateways call back with. */
export interface WebhookStore {
  /**
   * The event and all that it changes in one transaction: it has its effect once, however often it is sent and by however many
   * connections at once. One that comes again after `outbox.inboxKeepDays` finds its payment ended. An event about no payment of ours
   * leaves nothing behind, so that it may be sent again when there is one.
   */
  settleEvent(event: PaymentEvent): Promise<WebhookEnd>;
}

/** Events on a database. */
export function webhookStore(database: Database, settlements: SettlementStore): WebhookStore {
  const inbox = createInbox('payments');
  return {
    settleEvent: ({ gateway, eventId, paymentNumber, answer }) =>
      database.withTransaction(async (transaction) => {
        const asked = { text: paymentOf, values: [gateway, paymentNumber], name: 'payments.paymentOf' };
        const [payment] = await transaction.query<{ readonly id: bigint }>(asked);
        if (payment === undefined) return 'unknownPayment';
        if ((await inbox.newOf(transaction, `webhooks/${gateway}`, [eventId])).size === 0) return 'duplicate';
        const [settled] = await settlements.settle(transaction, [{ paymentId: payment.id, answer }]);
        return settled?.settlement.kind ?? 'unknownPayment';
      }),
  };
}

const paymentOf = 'SELECT id FROM payments.payment WHERE method = $1 AND payment_number = $2';
