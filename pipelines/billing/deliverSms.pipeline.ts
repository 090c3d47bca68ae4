// Enters: failed bills that an operator sends as SMS, on `textTopic`. Leaves: their SMS; each bill's row says what became of it.
// Guarantee: a request is sent once: it is claimed under its token, which is also its key at the endpoint, and its end is recorded
// before the message is settled. Whose holder died is asked for again under its key while the endpoint remembers it; one that nobody
// can tell about else is parked for a person.
// Dead letters: what cannot be read, and what the endpoint refused for good (its row says FAILED first).
import { backlog } from '../../operators/backlog.ts';
import { decode } from '../../operators/decode.ts';
import type { Effect } from '../../operators/effectOptions.ts';
import type { Gate } from '../../operators/gate.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { leaseMsOf, repeatOf } from '../shared/claimedSends.ts';
import { deliverSmsOptions } from './deliverSmsOptions.ts';
import { requestedTextSchema, textTopic } from './requestedText.ts';
import { decideText, textLater, textRefused, textUnknown, type SendableText, type SentText } from './textDelivery.ts';
import type { TextStore } from './textStore.ts';

export interface DeliverSmsPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly texts: TextStore & { readonly sendText: Effect<SendableText, SentText>; readonly gate: Gate };
}

/** The group whose members share the requests. */
export const deliverSmsGroup = 'cg-billing-sms-send';

export const deliverSms = definePipeline({
  name: 'billing.deliverSms',
  profile: 'consumer',
  options: deliverSmsOptions,
  source: ({ bus }: DeliverSmsPorts) => bus.subscribe(textTopic, { group: deliverSmsGroup }),
  chain: (message$, { texts }, options) => {
    const unrecorded = backlog(options.record.size);
    return message$.pipe(
      decode(requestedTextSchema),
      mapEach(decideText),
      mergeMapEach(texts.sendText, {
        ...options.send,
        claim: (sends) => texts.claim(sends, leaseMsOf(options)),
        repeatClaim: repeatOf(options),
        gate: texts.gate,
        backlog: unrecorded,
        refused: textRefused,
        later: textLater,
        unknown: textUnknown,
      }),
      mapChunk(texts.record, { ...options.record, repeat: repeatOf(options), backlog: unrecorded }),
    );
  },
});
