// Enters: all accounts. Leaves: what Redis has to show of them: balances, staged days, indexes.
// Guarantee: the ledger wins, whatever Redis has lost or kept; what moves meanwhile is not overwritten by what was before.
// Put aside: staged values that other programs have written and the ledger does not know; they are imported where the ledger has nothing.
import { mapChunk } from '../../operators/mapChunk.ts';
import { defineJob, type RowReader } from '../../src/runtime/jobs/job.ts';
import { parseSeoulMinute } from '../shared/seoulTime.ts';
import type { OwedStore } from './owedStore.ts';
import type { ProjectionStore } from './projectionStore.ts';
import { settleOptions } from './settleOptions.ts';
import { planShards, readShard } from './settlePart.ts';

export interface RebuildPorts {
  readonly owed: OwedStore;
  readonly projections: ProjectionStore;
}

export const rebuild = defineJob({
  name: 'deposits.rebuild',
  profile: 'deposits',
  options: settleOptions,
  planVersion: 1,
  parseKey: (text) => parseSeoulMinute(text.slice(0, 'YYYY-MM-DDTHH:MM'.length)),
  plan: async ({ owed }: RebuildPorts) => planShards(await owed.countAll()),
  rows: ({ owed }, { input }): RowReader<bigint> => ({
    positionOf: String,
    page: (after = '0', limit) => owed.pageAll(readShard(input), BigInt(after), limit),
  }),
  chain: (user$, { projections }, { chunk, balanceTtlSeconds }) => {
    const project = async (users: readonly bigint[]): Promise<readonly bigint[]> => {
      await projections.project(users, [], { balanceTtlSeconds });
      return users;
    };
    return user$.pipe(mapChunk(project, chunk));
  },
});
