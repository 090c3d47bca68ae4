import type { FoundKey } from './projectionStore.ts';
import type { StrangeKey } from './takeStagedStore.ts';

/** One row of a night. */
export type SettleRow = OwedRow | StagedRow | StrangeRow;

/** A user whom the ledger owes something, or whom the night has moved. */
interface OwedRow {
  readonly kind: 'owed' | 'behind';
  readonly place: string;
  readonly userId: bigint;
}

/** A balance that is staged for a day that has come; `value` where it is not ours. */
interface StagedRow extends FoundKey {
  readonly kind: 'staged';
  readonly place: string;
}

/** A key that looks like a staged one. */
interface StrangeRow extends StrangeKey {
  readonly kind: 'strange';
  readonly place: string;
}
