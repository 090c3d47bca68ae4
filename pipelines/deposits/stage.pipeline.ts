// Enters: fills of overseas trades and their cancellations, on the Redis stream `trades:filled`. Leaves: rows of the ledger, and in Redis
// what their users will have from the day on which each is due.
// Guarantee: a trade is in the ledger once, however often and in whatever order it comes; it is acknowledged when Redis shows it. What
// other programs have staged for its user is taken over first. Dead letters: what cannot be read, names no account, contradicts the
// ledger, or lies beyond the years of a market calendar.
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import type { Clock } from '../../src/message/clock.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { appendTrades } from './appendTrades.ts';
import { decideDueDay, tradeSchema } from './fill.ts';
import { filledTopic } from './filledTopic.ts';
import type { LedgerStore } from './ledgerStore.ts';
import type { ProjectionStore } from './projectionStore.ts';
import { showTrades } from './showTrades.ts';
import { stageOptions } from './stageOptions.ts';

export interface StagePorts {
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly ledger: LedgerStore;
  readonly projections: ProjectionStore;
  readonly clock: Clock;
}

/** The group whose members share the trades. */
export const stageGroup = 'cg-deposits-stage';

export const stage = definePipeline({
  name: 'deposits.stage',
  profile: 'deposits',
  options: stageOptions,
  source: ({ bus }: StagePorts) => bus.subscribe(filledTopic, { group: stageGroup }),
  chain: (message$, { ledger, projections, clock }, { chunk, balanceTtlSeconds }) =>
    message$.pipe(
      decode(tradeSchema),
      mapEach(decideDueDay),
      mapChunk(appendTrades({ ledger, projections, now: () => clock.now() }), chunk),
      mapChunk(showTrades(projections, { balanceTtlSeconds }), chunk),
    ),
});
