// Enters: a night, by the day that begins: whom the ledger owes something until then, and what is staged in Redis for days up to it.
// Leaves: balances that are moved, first in the database, then in Redis; staged keys that have had their day are unlinked last.
// Guarantee: each row of the ledger moves its balance once, in the transaction of its chunk's checkpoint, in partitions that ask nothing of
// Redis; Redis is written from what is committed, and whoever was not is found again by the index, which loses him last.
// Put aside: what stands in Redis and cannot be a staged balance, with its key; the rest goes on.
import { mapChunk } from '../../operators/mapChunk.ts';
import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { defineJob } from '../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../src/runtime/jobs/writeChunk.ts';
import { parseSeoulDay, seoulDay, seoulInstant } from '../shared/seoulTime.ts';
import { owedReader, shownReader, type NightPorts } from './nightReader.ts';
import type { ProjectionStore } from './projectionStore.ts';
import { midnightMs, planNight, readNightPart } from './settlePart.ts';
import { settleOptions } from './settleOptions.ts';
import type { SettleRow } from './settleRow.ts';
import type { SettleStore } from './settleStore.ts';
import { showRows } from './showRows.ts';

export interface SettlePorts extends NightPorts {
  readonly balances: SettleStore;
  readonly projections: ProjectionStore;
}

export const settle = defineJob({
  name: 'deposits.settle',
  profile: 'deposits',
  options: settleOptions,
  planVersion: 1,
  parseKey: parseSeoulDay,
  checkKey: requireBegun,
  plan: async ({ owed, clock }: SettlePorts, day) => {
    requireBegun(day, clock.now());
    return planNight(await owed.count(day));
  },
  rows: (ports, { key: day, input }) => {
    const { moves, shard } = readNightPart(input);
    return moves === 'balances' ? owedReader(ports, { day, shard }) : shownReader(ports, { day, shard });
  },
  chain: (row$, { balances, projections }, { chunk, balanceTtlSeconds }, partition) => {
    const moveBalances = (transaction: Transaction, rows: readonly SettleRow[]): Promise<void> =>
      balances.settle(transaction, rows, partition.key);
    return row$.pipe(writeChunk(partition, moveBalances, chunk), mapChunk(showRows(projections, { balanceTtlSeconds }), chunk));
  },
  finish: async ({ balances }, day) => {
    const left = await balances.countOwed(day, new Date(seoulInstant(day).getTime() - midnightMs));
    if (left > 0) throw new WeirError('incomplete', `${left} rows of the ledger are due until ${day} and in no balance.`);
  },
});

function requireBegun(day: string, now: Date): void {
  if (day > seoulDay(now)) throw new WeirError('invalidKey', `${day} has not begun in Seoul: its deposits are not due.`);
}
