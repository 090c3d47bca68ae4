import type { ProjectionStore, ProjectOptions } from './projectionStore.ts';
import type { SettleRow } from './settleRow.ts';

/** A chunk of rows with the same rows as its answer. */
type ShowRows = (rows: readonly SettleRow[]) => Promise<readonly SettleRow[]>;

/** Writes what Redis shows of the users of rows whose money has moved: balances, then what is not staged any more. Those that are only owed money have their row later. */
export function showRows(projections: ProjectionStore, options: ProjectOptions): ShowRows {
  return async function project(rows) {
    const staged = rows.filter((row) => row.kind === 'staged');
    const users = rows.flatMap((row) => (row.kind === 'staged' || row.kind === 'behind' ? [row.userId] : []));
    if (users.length > 0) await projections.project(users, staged, options);
    return rows;
  };
}
