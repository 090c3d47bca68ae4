// Enters: calls of banks that have ended, on `endedCallTopic`. Leaves: their money in the ledger, and their requests in the next state.
// Guarantee: each is booked once, however often its message comes: transfers, state and what follows are one transaction behind a
// compare-and-set of the state. One that cannot be booked waits in its table of failures, and its neighbours are booked.
// Dead letters: what cannot be read, and messages of calls that there are not.
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { bookingOptions } from './bookingOptions.ts';
import { namedRowSchema, type NamedRow } from './namedRow.ts';
import { endedCallTopic } from './remittanceTopics.ts';
import type { SettleStore } from './settleStore.ts';

export interface SettleRemittancesPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly endedCalls: SettleStore;
}

/** The group whose members share the ended calls. */
export const settleRemittancesGroup = 'cg-remittance-settle';

export const settleRemittances = definePipeline({
  name: 'remittance.settle',
  profile: 'remittance',
  options: bookingOptions,
  source: ({ bus }: SettleRemittancesPorts) => bus.subscribe(endedCallTopic, { group: settleRemittancesGroup }),
  chain: (message$, { endedCalls }, options) => {
    const book = (ended: readonly NamedRow[]): ReturnType<SettleStore['settle']> => endedCalls.settle(ended, options.try);
    return message$.pipe(decode(namedRowSchema), mapChunk(book, options.chunk));
  },
});
