import type { Database } from '../../src/connectors/database.ts';
import { codeOf } from '../../src/errors.ts';
import { anyEnvelopeHead, envelopeHead, reencryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { EncryptedRows } from '../../src/runtime/keys/encryptedRows.ts';

/** The field of a buyer's address, which its ciphertext is bound to beside the order's id. */
export const buyerEmailField = 'buyer_email';

/** The addresses of buyers. Messages and notices hold none of them. */
export const buyerKeys: EncryptedRows = {
  name: 'payments.orders',
  rotatePage: async (database, ring, { after, limit }) => {
    const rows = await database.query<BuyerRow>({ text: page, values: [after ?? '0', envelopeHead(ring), limit] });
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

interface BuyerRow {
  readonly id: bigint;
  readonly buyer_email: string;
}

interface Reencrypted {
  readonly old: BuyerRow;
  readonly email: string;
}

/** The row under the current key; none for one that does not open, which must not hold up the others. */
function reencrypted(ring: KeyRing, row: BuyerRow): readonly Reencrypted[] {
  try {
    return [{ old: row, email: reencryptField(ring, row.id.toString(), buyerEmailField, row.buyer_email) ?? row.buyer_email }];
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'decryption' && code !== 'keyMissing') throw error;
    return [];
  }
}

async function replace(database: Database, rows: readonly Reencrypted[]): Promise<number> {
  const values = [rows.map(({ old }) => old.id), rows.map(({ old }) => old.buyer_email), rows.map(({ email }) => email)];
  return database.withTransaction((transaction) => transaction.execute({ text: replaceRows, values }));
}

// What stands under the current key already is passed over within the scan.
const page = `
  SELECT id, buyer_email FROM payments.orders WHERE id > $1::bigint AND NOT starts_with(buyer_email, $2) ORDER BY id LIMIT $3`;

// The old ciphertext is the guard: an address that was changed since it was read stays the new one. Rows are locked in the order of
// their ids, as settlements lock them.
const replaceRows = `
  WITH held AS (
    SELECT orders.id, again.email
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS again (id, old_email, email)
    JOIN payments.orders ON orders.id = again.id AND buyer_email = old_email
    ORDER BY orders.id FOR UPDATE OF orders
  )
  UPDATE payments.orders SET buyer_email = held.email FROM held WHERE orders.id = held.id`;

const countByKey = `
  SELECT split_part(buyer_email, '.', 2) AS key, count(*) AS values
  FROM payments.orders WHERE starts_with(buyer_email, $1) AND split_part(buyer_email, '.', 2) <> '' GROUP BY 1`;
