import { skip, type Answer } from '../../src/message/decision.ts';
import type { StagedTrade } from './appendTrades.ts';
import type { ProjectionStore, ProjectOptions } from './projectionStore.ts';

/** Has Redis show what the users of trades will have, also of those that were in the ledger before: whoever wrote them may have died. */
export function showTrades(
  projections: ProjectionStore,
  options: ProjectOptions,
): (trades: readonly StagedTrade[]) => Promise<readonly Answer<StagedTrade>[]> {
  return async function project(trades) {
    const users = trades.map(({ userId }) => userId);
    await projections.project(users, [...new Set(trades.flatMap(({ taken }) => taken))], options);
    return trades.map((trade) => (trade.isNew ? trade : skip('is in the ledger, or waits for its fill')));
  };
}
