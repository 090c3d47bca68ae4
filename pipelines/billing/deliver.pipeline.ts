// Enters: bills on `emailTopic`. Leaves: their mails; each bill's row says what became of it.
// Guarantee: a bill is mailed at most once: it is claimed just before, under a token, and its end is recorded before the message
// is settled. A mail that nobody can tell about is parked for a person, never sent again by itself.
// Dead letters: what cannot be read, and bills that the mail server refused for good (their rows say FAILED first).
import { backlog } from '../../operators/backlog.ts';
import { decode } from '../../operators/decode.ts';
import type { Effect } from '../../operators/effectOptions.ts';
import type { Gate } from '../../operators/gate.ts';
import { heedThrottling } from '../../operators/heedThrottling.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapWhen } from '../../operators/mergeMapWhen.ts';
import { rateLimit } from '../../operators/rateLimit.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { leaseMsOf, repeatOf } from '../shared/claimedSends.ts';
import type { ClaimStore } from './claimStore.ts';
import { claimOf, decideDelivery, later, refused, unknownSend, type SendableBill, type SentBill } from './delivery.ts';
import { deliverOptions, pauseMsOf } from './deliverOptions.ts';
import { dispatchedBillSchema, emailTopic } from './dispatchedBill.ts';
import type { RecordStore } from './recordStore.ts';

export interface DeliverPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly bills: ClaimStore & RecordStore;
  readonly mail: { readonly send: Effect<SendableBill, SentBill>; readonly gate: Gate };
}

/** The group whose members share the bills. */
export const deliverGroup = 'cg-billing-email-send';

export const deliver = definePipeline({
  name: 'billing.deliver',
  profile: 'consumer',
  options: deliverOptions,
  source: ({ bus }: DeliverPorts) => bus.subscribe(emailTopic, { group: deliverGroup }),
  chain: (message$, { bills, mail }, options) => {
    const unrecorded = backlog(options.record.size);
    const rate = rateLimit({ ...options.rate, keyOf: destinationOf });
    const pauseMs = (send: SendableBill): number => pauseMsOf(options, claimOf(send).attempt);
    return message$.pipe(
      decode(dispatchedBillSchema),
      mapEach(decideDelivery),
      mergeMapWhen('send', heedThrottling(mail.send, { rate, pauseMs }), {
        ...options.send,
        claim: (sends) => bills.claim(sends, leaseMsOf(options)),
        repeatClaim: repeatOf(options),
        gate: mail.gate,
        limit: rate,
        share: { keyOf: destinationOf, concurrency: options.perDestination },
        backlog: unrecorded,
        refused,
        later,
        unknown: unknownSend,
      }),
      mapChunk(bills.record, { ...options.record, repeat: repeatOf(options), backlog: unrecorded }),
    );
  },
});

function destinationOf({ bill }: SendableBill): string {
  return bill.destination;
}
