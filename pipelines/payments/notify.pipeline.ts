// Enters: payments that have completed their order, on `succeededTopic`. Leaves: a row for each notice about them: the buyer's
// confirmation, the news of the sale, and one for each product that runs out. `payments.sendNotices` sends them.
// Guarantee: the notices of an event are made once and together, however often and by however many it is read.
// Dead letters: what cannot be read, and events about payments that are not there.
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { decideNoticesFor, type Channel } from './notice.ts';
import { notifyOptions } from './noticeOptions.ts';
import type { NoticeStore } from './noticeStore.ts';
import { succeededPaymentSchema, succeededTopic } from './succeededPayment.ts';

export interface NotifyPorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly notices: Pick<NoticeStore, 'openNotices'>;
  readonly hasChannel: Readonly<Record<Channel, boolean>>;
}

/** The group whose members share the events. */
export const notifyGroup = 'cg-payments-notify';

export const notify = definePipeline({
  name: 'payments.notify',
  profile: 'payments',
  options: notifyOptions,
  source: ({ bus }: NotifyPorts) => bus.subscribe(succeededTopic, { group: notifyGroup }),
  chain: (message$, { notices, hasChannel }, { open }) =>
    message$.pipe(decode(succeededPaymentSchema), mapEach(decideNoticesFor(hasChannel)), mapChunk(notices.openNotices, open)),
});
