import type { Database } from '../../src/connectors/database.ts';
import { codeOf } from '../../src/errors.ts';
import { anyEnvelopeHead, envelopeHead, reencryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { EncryptedRows } from '../../src/runtime/keys/encryptedRows.ts';
import { accountNumberField, ownerOf } from './link.ts';

/** The numbers of partner accounts. Neither failures nor our own messages hold any of them. */
export const linkKeys: EncryptedRows = {
  name: 'account_links.account_link',
  rotatePage: async (database, ring, { after, limit }) => {
    const rows = await database.query<NumberRow>({ text: page, values: [after ?? '0', envelopeHead(ring), limit] });
    const opened = rows.flatMap((row) => reencrypted(ring, row));
    const rotated = opened.length === 0 ? 0 : await replace(database, opened);
    const last = rows.at(-1);
    return {
      rotated,
      changedMeanwhile: opened.length - rotated,
      unopened: rows.length - opened.length,
      after: last === undefined || rows.length < limit ? undefined : last.id.toString(),
    };
  },
  countByKey: async (database) => {
    const rows = await database.query<{ key: string; values: bigint }>({ text: countByKey, values: [anyEnvelopeHead] });
    return new Map(rows.map(({ key, values }) => [key, Number(values)]));
  },
};

interface NumberRow {
  readonly id: bigint;
  readonly accountId: string;
  readonly partner: string;
  readonly sealed: string;
}

interface Reencrypted {
  readonly old: NumberRow;
  readonly sealed: string;
}

/** The row under the current key; none for one that does not open, which must not hold up the others. */
function reencrypted(ring: KeyRing, row: NumberRow): readonly Reencrypted[] {
  try {
    return [{ old: row, sealed: reencryptField(ring, ownerOf(row), accountNumberField, row.sealed) ?? row.sealed }];
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'decryption' && code !== 'keyMissing') throw error;
    return [];
  }
}

async function replace(database: Database, rows: readonly Reencrypted[]): Promise<number> {
  const values = [rows.map(({ old }) => old.id), rows.map(({ old }) => old.sealed), rows.map(({ sealed }) => sealed)];
  return database.withTransaction((transaction) => transaction.execute({ text: replaceRows, values }));
}

// What stands under the current key already is passed over within the scan.
const page = `
  SELECT id, account_id AS "accountId", partner, account_number AS sealed
  FROM account_links.account_link WHERE id > $1::bigint AND NOT starts_with(account_number, $2) ORDER BY id LIMIT $3`;

// The old ciphertext is the guard: a number that was changed since it was read stays the new one. Rows are locked in the order of their ids,
// as everywhere.
const replaceRows = `
  WITH held AS (
    SELECT link.id, again.sealed
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS again (id, old_sealed, sealed)
    JOIN account_links.account_link AS link ON link.id = again.id AND account_number = old_sealed
    ORDER BY link.id FOR NO KEY UPDATE OF link
  )
  UPDATE account_links.account_link AS link SET account_number = held.sealed FROM held WHERE link.id = held.id`;

const countByKey = `
  SELECT split_part(account_number, '.', 2) AS key, count(*) AS values
  FROM account_links.account_link WHERE starts_with(account_number, $1) AND split_part(account_number, '.', 2) <> '' GROUP BY 1`;
