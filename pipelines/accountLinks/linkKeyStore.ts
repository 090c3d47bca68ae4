import { reencryptField } from '../../src/message/encryption.ts';
import { defineEncryptedRows } from '../../src/runtime/keys/defineEncryptedRows.ts';
import { accountNumberField, ownerOf } from './link.ts';

interface NumberRow {
  readonly id: bigint;
  readonly accountId: string;
  readonly partner: string;
  readonly sealed: string;
}

/** The numbers of partner accounts. Neither failures nor our own messages hold any of them. */
export const linkKeys = defineEncryptedRows<NumberRow, string>({
  name: 'account_links.account_link',
  idOf: ({ id }) => id,
  page: (after, head, limit) => ({ text: page, values: [after, head, limit] }),
  reencrypt: (ring, row) => reencryptField(ring, ownerOf(row), accountNumberField, row.sealed) ?? row.sealed,
  replace: (transaction, rows) => {
    const values = [rows.map(({ old }) => old.id), rows.map(({ old }) => old.sealed), rows.map(({ again }) => again)];
    return transaction.execute({ text: replaceRows, values });
  },
  countByKey: (head) => ({ text: countByKey, values: [head] }),
});

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
