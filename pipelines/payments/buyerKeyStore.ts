import { reencryptField } from '../../src/message/encryption.ts';
import { defineEncryptedRows } from '../../src/runtime/keys/defineEncryptedRows.ts';

/** The field of a buyer's address, which its ciphertext is bound to beside the order's id. */
export const buyerEmailField = 'buyer_email';

interface BuyerRow {
  readonly id: bigint;
  readonly buyer_email: string;
}

/** The addresses of buyers. Messages and notices hold none of them. */
export const buyerKeys = defineEncryptedRows<BuyerRow, string>({
  name: 'payments.orders',
  idOf: ({ id }) => id,
  page: (after, head, limit) => ({ text: page, values: [after, head, limit] }),
  reencrypt: (ring, row) => reencryptField(ring, row.id.toString(), buyerEmailField, row.buyer_email) ?? row.buyer_email,
  replace: (transaction, rows) => {
    const values = [rows.map(({ old }) => old.id), rows.map(({ old }) => old.buyer_email), rows.map(({ again }) => again)];
    return transaction.execute({ text: replaceRows, values });
  },
  countByKey: (head) => ({ text: countByKey, values: [head] }),
});

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
