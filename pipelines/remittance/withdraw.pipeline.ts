// Enters: requests whose money is on the pooled account, on `depositedTopic`. Leaves: their money on its way, and the call that pays out.
// Guarantee: each is withdrawn once, however often its event comes, and never more than the pooled account holds: balance, record, state
// and call are one transaction. One that cannot be withdrawn waits in the withdrawal failures, and its neighbours go on.
// Dead letters: what cannot be read, and events of requests that there are not; they end in the withdrawal failures.
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { bookingOptions } from './bookingOptions.ts';
import { namedRowSchema, type NamedRow } from './namedRow.ts';
import { depositedTopic } from './remittanceTopics.ts';
import type { WithdrawStore } from './withdrawStore.ts';

export interface WithdrawPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly withdrawals: WithdrawStore;
}

/** The group whose members share the events. */
export const withdrawGroup = 'cg-remittance-withdraw';

export const withdraw = definePipeline({
  name: 'remittance.withdraw',
  profile: 'remittance',
  options: bookingOptions,
  source: ({ bus }: WithdrawPorts) => bus.subscribe(depositedTopic, { group: withdrawGroup }),
  chain: (message$, { withdrawals }, options) => {
    const takeOut = (deposited: readonly NamedRow[]): ReturnType<WithdrawStore['withdraw']> => withdrawals.withdraw(deposited, options.try);
    return message$.pipe(decode(namedRowSchema), mapChunk(takeOut, options.chunk));
  },
});
