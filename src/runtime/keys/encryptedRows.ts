import type { Database } from '../../connectors/database.ts';
import type { KeyRing } from '../../message/keyRing.ts';

/** Rows that hold personal data, as the domain that owns them re-encrypts them. */
export interface EncryptedRows {
  /** The table, as people know it. */
  readonly name: string;
  /**
   * Brings the next rows behind a position, at most `limit` of those that are not yet under the ring's current key, under it. A row
   * is changed only where it still holds what was read, so that nothing which was changed meanwhile is overwritten. Repeatable.
   */
  rotatePage(database: Database, ring: KeyRing, page: { readonly after: string | undefined; readonly limit: number }): Promise<RotatedPage>;
  /** How many values stand under each key, by its id. What is no envelope stands under none. */
  countByKey(database: Database): Promise<ReadonlyMap<string, number>>;
}

/** What became of a page. */
export interface RotatedPage {
  /** Rows under the current key now. */
  readonly rotated: number;
  /** Rows that were changed by another between reading and writing; the next pass looks at them again. */
  readonly changedMeanwhile: number;
  /** Rows that no key of the ring opens; they stay as they are. */
  readonly unopened: number;
  /** Where the next page begins; undefined behind the last row. */
  readonly after: string | undefined;
}
