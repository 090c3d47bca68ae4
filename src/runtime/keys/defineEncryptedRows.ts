import type { Database, Statement, Transaction } from '../../connectors/database.ts';
import { codeOf } from '../../errors.ts';
import { anyEnvelopeHead, envelopeHead } from '../../message/encryption.ts';
import type { KeyRing } from '../../message/keyRing.ts';
import type { EncryptedRows } from './encryptedRows.ts';

/** What tells the rows of one table from those of another. `R`: a row as it is read; `N`: what is written in its place. */
export interface EncryptedRowsSpec<R extends object, N> {
  /** The table, as people know it. */
  readonly name: string;
  idOf(row: R): bigint;
  /** The next rows behind `after` that are not yet under the current key, whose envelopes begin with `head`, in the order of their ids. */
  page(after: string, head: string, limit: number, ring: KeyRing): Statement;
  /** A row under the current key. Throws `decryption` or `keyMissing` for one that does not open. */
  reencrypt(ring: KeyRing, row: R): N;
  /** Writes rows that still hold what was read; answers how many did. */
  replace(transaction: Transaction, rows: readonly Reencrypted<R, N>[]): Promise<number>;
  /** Counts values by the ids of their keys (`key`, `values`); any envelope begins with `head`. */
  countByKey(head: string): Statement;
}

/** A row as it was read, and what is written in its place. */
export interface Reencrypted<R, N> {
  readonly old: R;
  readonly again: N;
}

/** Rows that are brought under the current key page by page. One that does not open holds up none of the others. */
export function defineEncryptedRows<R extends object, N>(spec: EncryptedRowsSpec<R, N>): EncryptedRows {
  const reencrypted = (ring: KeyRing, row: R): readonly Reencrypted<R, N>[] => {
    try {
      return [{ old: row, again: spec.reencrypt(ring, row) }];
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'decryption' && code !== 'keyMissing') throw error;
      return [];
    }
  };
  const replace = (database: Database, rows: readonly Reencrypted<R, N>[]): Promise<number> =>
    rows.length === 0 ? Promise.resolve(0) : database.withTransaction((transaction) => spec.replace(transaction, rows));
  return {
    name: spec.name,
    rotatePage: async (database, ring, { after, limit }) => {
      const rows = await database.query<R>(spec.page(after ?? '0', envelopeHead(ring), limit, ring));
      const opened = rows.flatMap((row) => reencrypted(ring, row));
      const rotated = await replace(database, opened);
      const last = rows.at(-1);
      return {
        rotated,
        changedMeanwhile: opened.length - rotated,
        unopened: rows.length - opened.length,
        after: last === undefined || rows.length < limit ? undefined : spec.idOf(last).toString(),
      };
    },
    countByKey: async (database) => {
      const rows = await database.query<{ key: string; values: bigint }>(spec.countByKey(anyEnvelopeHead));
      return new Map(rows.map(({ key, values }) => [key, Number(values)]));
    },
  };
}
