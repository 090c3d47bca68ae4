import type { Answer } from '../../src/message/decision.ts';
import { seoulDay } from '../shared/seoulTime.ts';
import type { Cancellation, Fill } from './fill.ts';
import type { LedgerStore } from './ledgerStore.ts';
import type { ProjectionStore } from './projectionStore.ts';
import type { ForeignBalance } from './takeStagedStore.ts';

/** A trade that is in the ledger and not yet shown. */
export interface StagedTrade {
  readonly userId: bigint;
  readonly isNew: boolean;
  /** What other programs had staged for its user; the ledger has it now. */
  readonly taken: readonly ForeignBalance[];
}

export interface AppendPorts {
  readonly ledger: LedgerStore;
  readonly projections: Pick<ProjectionStore, 'foreign'>;
  /** Calendar time. */
  readonly now: () => Date;
}

/** Days ahead for which other programs may have staged: two business days, across the longest row of holidays. */
const daysAhead = 15;

const dayMs = 86_400_000;

/** A chunk of trades into the ledger, after what other programs have staged for their users. */
export function appendTrades({
  ledger,
  projections,
  now,
}: AppendPorts): (trades: readonly (Fill | Cancellation)[]) => Promise<readonly Answer<StagedTrade>[]> {
  return async function append(trades) {
    const today = now().getTime();
    const days = Array.from({ length: daysAhead }, (_, ahead) => seoulDay(new Date(today + (ahead + 1) * dayMs)));
    const users = [...new Set(trades.map(({ userId }) => userId))];
    const foreign = await projections.foreign(users.flatMap((userId) => days.map((day) => ({ userId, day }))));
    const ofUser = Map.groupBy(foreign, ({ userId }) => userId);
    const answers = await ledger.append(trades, ofUser);
    return answers.map((answer) => ('userId' in answer ? { ...answer, taken: ofUser.get(answer.userId) ?? [] } : answer));
  };
}
