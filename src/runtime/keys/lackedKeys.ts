import type { Database } from '../../connectors/database.ts';
import type { KeyRing } from '../../message/keyRing.ts';
import type { EncryptedRows } from './encryptedRows.ts';
import { keysInUse } from './rotateKeys.ts';

/** Ids of the keys that rows name and a ring lacks: what stands under them cannot be read with it. Reads every row. */
export async function lackedKeys(database: Database, ring: KeyRing, tables: readonly EncryptedRows[]): Promise<readonly string[]> {
  const uses = await keysInUse(database, ring, tables);
  return uses.filter(({ isInRing }) => !isInRing).map(({ key }) => key);
}
